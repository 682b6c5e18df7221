"""What several rooms need is written in one module, and the others import it from there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for top in ("shared", "infra/laptop", "functions")
    for path in (ROOT / top).rglob("*.py")
}
PACKAGE = "shared/triggerfish"


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        pytest.param(r"^Json = dict", f"{PACKAGE}/workflows/objects.py", id="the type of an object"),
        pytest.param(r'"argoproj\.io/v1alpha1"', f"{PACKAGE}/workflows/objects.py", id="the API version"),
        pytest.param(r'"shutdown": ', f"{PACKAGE}/workflows/endings.py", id="the patch that terminates"),
        pytest.param(r'"Failed", "Error"', f"{PACKAGE}/workflows/endings.py", id="the phases of an end"),
        pytest.param(
            r'"argo-workflows-webhook-clients"',
            f"{PACKAGE}/secrets/backend.py",
            id="the name of the clients' Secret",
        ),
        pytest.param(r'"µs": ', f"{PACKAGE}/expressions/go/duration.py", id="Go's durations"),
        pytest.param(
            r"yaml_implicit_resolvers = ",
            f"{PACKAGE}/expressions/go/yaml.py",
            id="YAML as Kubernetes reads it",
        ),
        pytest.param(
            r'"Resubmitted by hand\."', f"{PACKAGE}/queries/runs.py", id="why a run belongs to no slot"
        ),
    ],
)
def test_it_is_written_once(pattern, home):
    found = [name for name, text in MODULES.items() if re.search(pattern, text, re.MULTILINE)]
    assert found == [home]


def test_the_rule_of_names_is_written_once_here_and_once_in_the_words_of_the_embedded_api_server():
    found = {name for name, text in MODULES.items() if re.search(r'r"\[a-z0-9\]\(\[-a-z0-9\]\*', text)}
    assert found == {
        f"{PACKAGE}/workflows/objects.py",
        "infra/laptop/triggerfish_laptop/cluster/validation.py",
    }
