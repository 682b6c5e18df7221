"""infra/terraform against what the providers take: provider_schemas.json, as provider_schemas.py made it."""

import json
import re
from typing import Any

import pytest
from tests.infra.provider_schemas import FILE
from tests.infra.test_terraform import FOLDER, NAME, code, parsed, unquoted

SCHEMAS = json.loads(FILE.read_text())
META = {"count", "for_each", "depends_on", "lifecycle", "provider"}


def blocks() -> list[Any]:
    """Each resource and data block: its section, kind, name and body."""
    return [
        pytest.param(section, unquoted(kind), body, id=f"{unquoted(kind)}.{unquoted(name)}")
        for section in ("resource", "data")
        for block in parsed()[section]
        for kind, named in block.items()
        for name, body in named.items()
    ]


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """Arguments and blocks by name, a ``dynamic`` block as what it makes."""
    found = {name: value for name, value in body.items() if not name.startswith("__") and name != "dynamic"}
    for dynamic in body.get("dynamic", ()):
        found |= {unquoted(name): made["content"] for name, made in dynamic.items()}
    return found


def problems(body: dict[str, Any], arguments: dict[str, Any], where: str = "") -> list[str]:
    """What is missing, and what the provider does not know."""
    given = flat(body)
    missing = [name for name, argument in arguments.items() if argument["required"] and name not in given]
    unknown = given.keys() - arguments.keys() - (set() if where else META)
    found = [f"{where}{name} is missing" for name in missing] + [
        f"{where}{name} is unknown" for name in unknown
    ]
    for name in given.keys() & arguments.keys():
        inner = arguments[name].get("block")
        nested = given[name] if isinstance(given[name], list) else []
        for value in nested:
            if inner is not None and isinstance(value, dict):
                found += problems(value, inner, f"{where}{name}.")
    return found


@pytest.mark.parametrize(("section", "kind", "body"), blocks())
def test_each_block_has_what_its_provider_requires_and_nothing_that_it_does_not_know(
    section: str, kind: str, body: dict[str, Any]
) -> None:
    assert problems(body, SCHEMAS[f"{section} {kind}"]["arguments"]) == []


def test_what_is_missing_or_unknown_is_seen() -> None:
    arguments = SCHEMAS["resource google_pubsub_subscription"]["arguments"]
    body = {"name": "x", "push_config": [{"oidc_token": [{"audienc": "y"}]}]}
    assert sorted(problems(body, arguments)) == [
        "push_config.oidc_token.audienc is unknown",
        "push_config.oidc_token.service_account_email is missing",
        "push_config.push_endpoint is missing",
        "topic is missing",
    ]


def test_each_attribute_that_is_read_is_one_that_its_resource_has() -> None:
    reference = re.compile(rf"(data\.)?\b((?:google|kubernetes)_\w+)\.{NAME}(?:\[[^\]]*\])?\.({NAME})")
    found = [(place, *names) for place, line in code() for names in reference.findall(line)]
    assert found
    for place, data, kind, attribute in found:
        schema = SCHEMAS[f"{'data' if data else 'resource'} {kind}"]
        assert attribute in {*schema["attributes"], *schema["arguments"]}, place


@pytest.mark.parametrize("provider", ["google", "kubernetes"])
def test_the_schemas_are_of_a_version_that_is_asked_for(provider: str) -> None:
    text = (FOLDER / "versions.tf").read_text()
    ((major, minor),) = re.findall(rf'hashicorp/{provider}"\s+version = "~> (\d+)\.(\d+)"', text)
    checked = [int(part) for part in SCHEMAS[provider].split(".")]
    assert checked[0] == int(major)
    assert checked[1] >= int(minor)
