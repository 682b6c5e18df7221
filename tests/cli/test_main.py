"""The command line as a whole: its commands, its help, its version."""

import importlib
import pkgutil

from tests.cli.calling import call

from triggerfish import __version__
from triggerfish.cli import commands
from triggerfish.cli.command import Panel
from triggerfish.cli.registry import COMMANDS, GROUPS


def test_each_file_of_commands_is_in_the_registry():
    names = [each.name for each in pkgutil.iter_modules(commands.__path__)]
    found = [importlib.import_module(f"{commands.__name__}.{name}").COMMAND for name in names]
    assert sorted(each.words for each in found) == sorted(each.words for each in COMMANDS)


def test_the_help_lists_every_command_in_its_group():
    text = call("--help")
    places = [text.index(f"─ {panel} ─") for panel in Panel]
    assert places == sorted(places)
    ends = [*places[1:], len(text)]
    panels = {panel: text[start:end] for panel, start, end in zip(Panel, places, ends, strict=True)}
    for command in COMMANDS:
        assert f"│ {command.words.split()[0]} " in panels[command.panel] or command.words.split()[0] in GROUPS
    assert "│ explain " in panels[Panel.LOOK]
    assert "│ dev " in panels[Panel.LOCAL]


def test_the_version_is_the_package_s():
    assert call("--version") == f"triggerfish {__version__}\n"
