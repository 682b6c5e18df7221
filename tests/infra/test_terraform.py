"""infra/terraform: parsed, and every name in it looked up; the provider itself is not needed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from triggerfish.cron_function import starting as cron
from triggerfish.events_function import starting as events
from triggerfish.runtime.clock import Clock
from triggerfish.secrets.google import GoogleStore
from triggerfish.settings import Settings

FOLDER = Path(__file__).parents[2] / "infra" / "terraform"
FILES = sorted(FOLDER.glob("*.tf"))
NAME = r"[A-Za-z_][\w-]*"
REFERENCE = re.compile(rf"(?<![\w.\"$-])((?:var|local|each|count|path)\.{NAME}|data\.{NAME}\.{NAME}"
                       rf"|(?:google|kubernetes)_\w+\.{NAME})")  # fmt: skip


def unquoted(text: str) -> str:
    return text.strip('"')


def parsed(files: Sequence[Path] = FILES) -> dict[str, Any]:
    """All files as one: blocks by their kind."""
    found: dict[str, list] = {}
    for path in files:
        with path.open() as file:
            for kind, blocks in hcl2.load(file).items():
                found.setdefault(kind, []).extend(blocks if isinstance(blocks, list) else [blocks])
    return found


def labelled(blocks: list[dict]) -> list[str]:
    """``type.name`` of resource and data blocks."""
    return [
        f"{unquoted(kind)}.{unquoted(name)}"
        for block in blocks
        for kind, named in block.items()
        if not kind.startswith("__")
        for name in named
    ]


def defined() -> set[str]:
    everything = parsed()
    names = {f"var.{unquoted(name)}" for block in everything["variable"] for name in block}
    names |= {
        f"local.{name}" for block in everything["locals"] for name in block if not name.startswith("__")
    }
    names |= {f"data.{name}" for name in labelled(everything["data"])}
    return names | set(labelled(everything["resource"]))


def code() -> Iterator[tuple[str, str]]:
    """Each line of each file without its comment."""
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.name}:{number}", re.sub(r"^\s*#.*", "", line)


def references() -> list[tuple[str, str]]:
    found = []
    for place, line in code():
        # A quoted string is text but for what stands in ${}.
        text = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda m: " ".join(re.findall(r"\$\{([^}]*)\}", m[1])), line)
        found += [(place, name) for name in REFERENCE.findall(text)]
    return found


def test_each_reference_is_defined() -> None:
    known = defined() | {"each.key", "each.value", "count.index", "path.module"}
    assert [(place, name) for place, name in references() if name not in known] == []


def test_each_variable_and_local_is_used() -> None:
    used = {name for _, name in references()}
    declared = {name for name in defined() if name.startswith(("var.", "local."))}
    assert sorted(declared - used) == []


def test_each_block_is_defined_once() -> None:
    everything = parsed()
    names = labelled(everything["resource"]) + labelled(everything["data"])
    assert sorted(names) == sorted(set(names))


def test_each_file_exists_or_is_what_make_package_makes() -> None:
    paths = re.findall(r"\$\{path\.module\}/([^\"]+?)\"", "\n".join(line for _, line in code()))
    assert paths
    for path in paths:
        if "build/" in path:
            assert path in {"../../build/cron.zip", "../../build/events.zip"}
        else:
            assert (FOLDER / path).resolve().is_file(), path


def test_each_setting_is_one() -> None:
    known = {field.name.upper() for field in fields(Settings)} | {"WORKERS"}
    heads = [
        (FOLDER / name).read_text().partition("\nresource ")[0] for name in ("functions.tf", "bursts.tf")
    ]
    given = set(re.findall(r"\b([A-Z][A-Z_]+)\s*=", "".join(heads)))
    assert {"KUBE_AUTH", "GKE_HOST", "GKE_CA", "SECRET_STORE", "SECRET_NAME"} <= given
    assert {"K_SINK", "SINK_AUDIENCE", "SINK_IDENTITY"} <= given
    assert given - known == set()


def test_each_function_starts_with_its_settings() -> None:
    """What Terraform fills in is taken for any text; the shapes of the rest are checked as at a start."""
    locals_ = (FOLDER / "functions.tf").read_text() + (FOLDER / "bursts.tf").read_text()
    given = dict(re.findall(r'\b([A-Z][A-Z_]+)\s*=\s*"([^"$]*)"', locals_))
    given |= {"GKE_HOST": "gke.example.com", "DEFAULT_TIMEZONE": "Europe/Berlin"}
    assert {"KUBE_AUTH", "WORKERS", "SECRET_STORE"} <= set(given)
    given["SECRET_NAME"] = "projects/p/secrets/triggerfish-webhook-clients-{namespace}"
    given["HOST_SECRET_NAME"] = "projects/p/secrets/triggerfish-hosts-{namespace}"
    sink = {"K_SINK": "pubsub://projects/p/topics/t", "SINK_AUDIENCE": "a", "SINK_IDENTITY": "b@example.com"}
    for examine in (cron.examine, events.examine):
        found = examine({**given, **sink, "K_SERVICE": "triggerfish"})
        assert (found.wrong, found.advice) == ((), ())


def test_the_name_of_a_secret_is_one_that_the_store_takes() -> None:
    patterns = re.findall(r'SECRET_NAME\s*=\s*"([^"]+)"', (FOLDER / "functions.tf").read_text())
    assert len(patterns) == 2
    filled = {"var.project": "my-project", "var.prefix": "triggerfish", "var.secret_version": "3"}
    for pattern in patterns:
        name = re.sub(r"\$\{([^}]+)\}", lambda found: filled[found[1]], pattern)
        GoogleStore.of(Settings(secret_name=name), no_secret, Clock())


async def no_secret(namespace: str, name: str) -> dict:
    raise AssertionError("the pattern alone is looked at")


def test_the_functions_are_those_of_the_project() -> None:
    (functions,) = [block["functions"] for block in parsed()["locals"] if "functions" in block]
    names = {name for name in functions if not name.startswith("__")}
    assert names == {path.parent.name for path in (FOLDER.parents[1] / "functions").glob("*/main.py")}


def test_each_role_that_is_bound_is_shipped() -> None:
    roles = {
        role["metadata"]["name"]
        for role in yaml.safe_load_all((FOLDER / "../kubernetes/base/rbac.yaml").read_text())
    }
    (bound,) = [block["usual"] for block in parsed()["locals"] if "usual" in block]
    named = {
        unquoted(name): unquoted(function) for name, function in bound.items() if not name.startswith("__")
    }
    # As the overlays for Kubernetes bind them.
    overlay = FOLDER.parent / "kubernetes" / "overlays" / "cluster-wide" / "bindings.yaml"
    expected = {
        binding["roleRef"]["name"]: binding["subjects"][0]["name"].removeprefix("triggerfish-")
        for binding in yaml.safe_load_all(overlay.read_text())
    }
    assert named == expected
    asked_for = set(re.findall(r'"(triggerfish-[a-z-]+)"\s*= "', (FOLDER / "cluster.tf").read_text()))
    assert asked_for - set(named) == {
        "triggerfish-cron-hosts",
        "triggerfish-cron-recover",
        "triggerfish-events-hosts",
    }
    assert asked_for <= roles


def test_the_module_has_no_provider_of_its_own() -> None:
    assert "provider" not in parsed()


EXAMPLE = FOLDER / "example" / "main.tf"


def test_the_example_gives_the_module_what_it_asks_for() -> None:
    with EXAMPLE.open() as file:
        example = hcl2.load(file)
    (module,) = [body for block in example["module"] for body in block.values()]
    given = {name for name in module if not name.startswith("__")} - {"source"}
    variables = {unquoted(name): body for block in parsed()["variable"] for name, body in block.items()}
    needed = {name for name, body in variables.items() if "default" not in body}
    assert needed <= given <= set(variables)
    assert {unquoted(name) for block in example["provider"] for name in block} == {"google", "kubernetes"}
    (asked,) = example["terraform"]
    assert asked["required_providers"] == parsed()["terraform"][0]["required_providers"]


def test_every_name_begins_with_the_prefix() -> None:
    named = re.findall(r'(?<!display_)\b(?:name|account_id|secret_id|role_id)\s*= "([^"]*)"', "".join(
        f"{line}\n" for place, line in code() if place.split(".")[0] not in ("variables", "versions")
    ))  # fmt: skip
    own = [name for name in named if "var.prefix" in name or "local.metric" in name]
    other = [name for name in named if name not in own]
    # The archives of a bucket whose own name begins so.
    assert [name for name in other if not name.startswith("${each.key}-")] == []
    assert len(own) >= 10


def test_every_rule_of_the_token_right_has_names() -> None:
    assert "length(var.webhook_accounts) > 0" in (FOLDER / "cluster.tf").read_text()


def test_terraform_splits_the_roles_as_yaml_does() -> None:
    text = (FOLDER / "../kubernetes/base/rbac.yaml").read_text()
    assert [yaml.safe_load(part) for part in text.split("\n---\n")] == list(yaml.safe_load_all(text))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_parses_and_says_what_it_is_for(path: Path) -> None:
    with path.open() as file:
        blocks = hcl2.load(file)
    assert blocks
    for block in blocks.get("variable", []) + blocks.get("output", []):
        for name, body in block.items():
            if not name.startswith("__"):
                assert body["description"], name
