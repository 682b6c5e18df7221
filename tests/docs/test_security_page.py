"""docs/security.md names tests that exist, every advisory, and the rules that were tested."""

import re
from pathlib import Path

import pytest
import yaml
from tests.kube.test_embedded import GRANTS

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_is_named_exists(path, name):
    assert re.search(rf"^(async )?def {name}\(", (TESTS / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "advisory",
    [
        "GHSA-jcc8-g2q4-9fxq",
        "CVE-2026-31892",
        "CVE-2026-42296",
        "CVE-2026-54526",
        "#6981",
        "RE2",
        "ASCII",
        "unsigned",
    ],
)
def test_each_advisory_is_there(advisory):
    assert advisory in PAGE


def rows(section: str) -> list[str]:
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return lines[1:]


@pytest.mark.parametrize(
    "row", rows("Threats") + rows("Vulnerabilities of others"), ids=lambda row: row[2:40]
)
def test_each_threat_names_its_test(row):
    assert "::" in row.split(" | ")[2]


@pytest.mark.parametrize("way", sorted(GRANTS))
def test_the_rules_on_the_page_are_the_tested_ones(way):
    (block,) = re.findall(rf"```yaml\n# {way}\n(.*?)```", PAGE, re.DOTALL)
    tested = [
        {**rule, "resourceNames": [name for name in rule["resourceNames"] if name != "ghost"]}
        for rule in GRANTS[way]
    ]
    assert yaml.safe_load(block) == tested
