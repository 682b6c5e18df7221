"""The import contract of pyproject.toml has no gap: what breaks a wall fails the gate."""

import copy
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).parents[2]
CONTRACTS = read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
LAYERED = [contract for contract in CONTRACTS if contract["type"] == "layers"]
PACKAGES = ("triggerfish", "triggerfish_laptop")
CODE = {"triggerfish": "shared/triggerfish", "triggerfish_laptop": "infra/laptop/triggerfish_laptop"}

# For each contract a module, and an import in it that must not be.
WALLS = {
    "Imports point one way, and every room has its floor": (
        "kube/client.py",
        "triggerfish.cron_function.tick",
    ),
    "The rooms of expressions stand on each other, and none looks up": (
        "expressions/syntax/lexer.py",
        "triggerfish.expressions.program",
    ),
    "Within cron, the rooms follow each other": (
        "cron/schedules/dates.py",
        "triggerfish.cron.planning.plan",
    ),
    "The pure core knows no clock, no environment and no network": ("events/match.py", "asyncio"),
    "What is deployed does not import what only the laptop has": (
        "kube/cluster.py",
        "triggerfish_laptop.cluster.store",
    ),
    "Only the command line imports what draws on a terminal": ("queries/runs.py", "rich"),
    "The cron function's package holds no room of events": (
        "cron_function/app.py",
        "triggerfish.events.plan",
    ),
    "No import goes in a circle": ("runtime/clock.py", "triggerfish.runtime.cache"),
    "Within the command line, commands stand on helpers": (
        "cli/tables.py",
        "triggerfish.cli.commands.audit",
    ),
    "Within the console, screens stand on what they share": (
        "console/policy.py",
        "triggerfish.console.screens.schedules",
    ),
    "On the laptop, sessions stand on the embedded cluster": (
        "../../infra/laptop/triggerfish_laptop/cluster/store.py",
        "triggerfish_laptop.dev.session",
    ),
    "The command line submits like the events function, and needs nothing else of a function": (
        "cli/commands/audit.py",
        "triggerfish.cron_function.tick",
    ),
    "No command needs another": ("cli/commands/audit.py", "triggerfish.cli.commands.backfill"),
    "No check of the doctor needs another": (
        "cli/doctor/checks/argo.py",
        "triggerfish.cli.doctor.checks.ticks",
    ),
    "No screen needs another": (
        "console/screens/deliveries.py",
        "triggerfish.console.screens.schedules",
    ),
    "No query needs another": ("queries/runs.py", "triggerfish.queries.schedules"),
    "No Git host needs another": ("hosts/bitbucket.py", "triggerfish.hosts.gitlab"),
    "No Git host's API needs another": ("hosts/api/github.py", "triggerfish.hosts.api.gitea"),
    "No secret store needs another": ("secrets/file.py", "triggerfish.secrets.google"),
    "No sink needs another": ("sinks/http.py", "triggerfish.sinks.pubsub"),
}


def test_each_contract_is_tried():
    assert set(WALLS) == {contract["name"] for contract in CONTRACTS}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the code and of its contract."""
    copied = tmp_path_factory.mktemp("tree")
    for folder in CODE.values():
        shutil.copytree(ROOT / folder, copied / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copied)
    return copied


def gate(tree: Path) -> tuple[int, str]:
    """The exit code and the output of the gate on that tree."""
    paths = os.pathsep.join(str((tree / folder).parent) for folder in CODE.values())
    command = [str(Path(sys.executable).parent / "lint-imports"), "--cache-dir", str(tree / "cache")]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_tree_as_it_is_passes(tree):
    code, output = gate(tree)
    assert code == 0, output


@pytest.mark.parametrize("name", WALLS)
def test_an_import_through_a_wall_fails_the_gate(tree, name):
    file, imported = WALLS[name]
    path = tree / "shared" / "triggerfish" / file
    text = path.read_text("utf-8")
    try:
        path.write_text(f"{text}\nimport {imported}\n", "utf-8")
        code, output = gate(tree)
    finally:
        path.write_text(text, "utf-8")
    assert code == 1, output
    assert f"{name} BROKEN" in output


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import of the tree."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def forbidden(contract: dict) -> Iterator[tuple[str, str]]:
    """Each (importer, imported) that the layers do not allow."""
    for container in contract["containers"]:
        layers = [
            [f"{container}.{name.strip()}" for name in layer.split("|")] for layer in contract["layers"]
        ]
        for higher, lower in itertools.combinations(layers, 2):
            yield from itertools.product(lower, higher)
        for layer in layers:
            yield from itertools.permutations(layer, 2)


def keeps(contract: dict, graph: grimp.ImportGraph) -> bool:
    checked = LayersContract(contract["name"], {"root_packages": [*PACKAGES]}, contract)
    return checked.check(graph, verbose=False).kept


@pytest.mark.parametrize("contract", LAYERED, ids=lambda contract: contract["name"])
def test_no_floor_may_look_up_and_no_two_rooms_of_a_floor_may_meet(graph, contract):
    assert keeps(contract, copy.deepcopy(graph))
    open_walls = []
    for importer, imported in forbidden(contract):
        broken = copy.deepcopy(graph)
        broken.add_import(importer=importer, imported=imported)
        if keeps(contract, broken):
            open_walls.append((importer, imported))
    assert not open_walls


@pytest.mark.parametrize("contract", LAYERED, ids=lambda contract: contract["name"])
def test_a_room_without_a_floor_fails_the_gate(graph, contract):
    for container in contract["containers"]:
        grown = copy.deepcopy(graph)
        grown.add_module(f"{container}.attic")
        assert not keeps(contract, grown)


@pytest.mark.parametrize("package", ["hosts", "secrets", "sinks", "cli.commands", "console.screens"])
def test_a_new_file_beside_its_neighbours_is_behind_a_wall_without_being_named(tree, package):
    folder = tree / "shared" / "triggerfish" / package.replace(".", "/")
    neighbours = {
        "hosts": "gitlab",
        "secrets": "google",
        "sinks": "pubsub",
        "cli.commands": "audit",
        "console.screens": "schedules",
    }
    path = folder / "newcomer.py"
    try:
        path.write_text(f"import triggerfish.{package}.{neighbours[package]}\n", "utf-8")
        code, output = gate(tree)
    finally:
        path.unlink()
    assert code == 1, output
