"""README.md stays short, and the manifests it shows are those of the samples."""

import re

import pytest
import yaml
from tests.docs.transcripts.pages import ROOT

PAGE = (ROOT / "README.md").read_text("utf-8")
SAMPLES = [
    each
    for path in (
        *(ROOT / "docs" / "examples").glob("*.yaml"),
        *(ROOT / "infra" / "laptop" / "samples").glob("*.yaml"),
    )
    for each in yaml.safe_load_all(path.read_text("utf-8"))
]
SHOWN = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def part_of(shown, whole) -> bool:
    """Whether each field that is shown stands so in the whole."""
    if isinstance(shown, dict):
        return isinstance(whole, dict) and all(part_of(value, whole.get(key)) for key, value in shown.items())
    return shown == whole


def test_it_stays_short():
    assert len(PAGE.splitlines()) <= 150


@pytest.mark.parametrize("shown", SHOWN, ids=lambda each: each["kind"])
def test_each_manifest_is_one_of_the_samples(shown):
    assert any(part_of(shown, sample) for sample in SAMPLES)


def test_there_is_one_of_each():
    assert [each["kind"] for each in SHOWN] == ["CronWorkflow", "WorkflowEventBinding"]
