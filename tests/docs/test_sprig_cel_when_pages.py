"""docs/expressions-sprig.md, cel.md and when.md: what they show is run, what they list is all."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from tests.docs import cel_functions

from triggerfish.cron.planning.conditions import when
from triggerfish.errors import ExpressionError
from triggerfish.expressions import compile as compile_expression
from triggerfish.expressions import limits, metadata_environment
from triggerfish.expressions.callables import COST_LIMIT, CallContext
from triggerfish.expressions.cel.functions.tekton import YAML_LIMIT
from triggerfish.expressions.cel.syntax.macros import MACROS
from triggerfish.expressions.sprig import FUNCTIONS

DOCS = Path(__file__).parents[2] / "docs"
SPRIG, CEL, WHEN = ((DOCS / f"{name}.md").read_text() for name in ("expressions-sprig", "cel", "when"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PUSH = json.loads((Path(__file__).parents[1] / "vectors" / "push.json").read_text())


def blocks(page):
    return re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)


def test_the_metadata_example():
    metadata = yaml.safe_load(blocks(SPRIG)[0])["metadata"]
    sources = {"generateName": metadata["generateName"], **metadata["labels"]}
    environment = metadata_environment(PUSH)
    results = {name: compile_expression(source).evaluate(environment) for name, source in sources.items()}
    assert results == {"generateName": "public-repo-", "branch": "main", "short": "9c1185a"}


def test_every_function_that_is_left_out_is_listed():
    section = SPRIG.split("## Left out")[1].split("## Bounds")[0]
    listed = {
        name
        for row in re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    refused = set()
    for name, function in FUNCTIONS.items():
        try:
            function.call(CallContext(), [])
        except ExpressionError as error:
            if "is not offered" in error.message:
                refused.add(name)
    assert listed == refused


def test_the_bounds_are_those_of_the_code():
    assert f"{COST_LIMIT:,}" in SPRIG
    for bound in (limits.SOURCE, limits.STEPS, limits.STRING, limits.ELEMENTS, limits.PATTERN, YAML_LIMIT):
        assert f"{bound:,}" in CEL
    assert f"{limits.NESTING} nested brackets" in CEL
    assert f"{limits.DEPTH} nested lists and maps" in CEL


def test_every_function_of_cel_is_listed():
    assert cel_functions.page(CEL) == CEL, "python -m tests.docs.cel_functions --write"
    for form in cel_functions.forms():
        assert f"`{form.text.partition(' -> ')[0]}`" in CEL


@pytest.mark.parametrize("macro", MACROS)
def test_every_macro_of_cel_is_listed(macro):
    assert f"`{macro}(" in CEL.split("## Macros")[1].split("## Functions")[0]


def test_the_cel_examples():
    selector = yaml.safe_load(blocks(CEL)[0])["spec"]["event"]["selector"]
    assert compile_expression(selector, "cel").evaluate(PUSH) is True
    condition = re.search(r"`(cronworkflow\.failed .*?)`", CEL)
    assert condition is not None
    cron = {"metadata": {"name": "hourly", "labels": {"team": "data"}}}
    assert when(condition[1], cron, dialect="cel") is True


@pytest.mark.parametrize("line", blocks(WHEN)[0].splitlines())
def test_the_when_examples(line):
    cron = {"metadata": {"name": "hourly", "labels": {"team": "data"}}, "status": {}}
    assert when(yaml.safe_load(line)["when"], cron, now=NOW) is True
