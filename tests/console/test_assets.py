"""The console's page and what it may do."""

import importlib
import pkgutil
import re

import pytest

from triggerfish.console import screens
from triggerfish.console.assets import PAGE, assets
from triggerfish.console.policy import POLICY
from triggerfish.console.registry import SCREENS


def test_the_page_is_html_and_every_file_it_names_is_there():
    page = assets()[PAGE].body.decode()
    named = re.findall(r'(?:src|href)="([^"?#]+)"', page)
    assert named
    assert set(named) <= set(assets())


@pytest.mark.parametrize("name", sorted(name for name in assets() if name.endswith(".js")))
def test_every_import_of_a_script_is_there_and_from_here(name):
    for target in re.findall(r'from "([^"]+)"', assets()[name].body.decode()):
        assert target.startswith("./")
        assert target.removeprefix("./") in assets()


@pytest.mark.parametrize("name", sorted(assets()))
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name):
    text = assets()[name].body.decode()
    if name == PAGE:
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"\son\w+\s*=|\sstyle\s*=|<style", text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "innerHTML" not in text
    assert "insertAdjacentHTML" not in text


def test_the_policy_allows_no_inline_script_and_no_other_origin():
    policy = POLICY["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_is_in_the_page_by_its_entry_in_the_registry(screen):
    page, files = assets()[PAGE].body.decode(), assets()
    assert page.count(f'data-view="{screen.name}">{screen.title}</a>') == 1
    assert page.count(f'<template id="{screen.name}-template">') == 1
    script = files[f"{screen.name}.js"].body.decode()
    assert f"export function {screen.name}(" in script
    assert f'import {{ {screen.name} }} from "./{screen.name}.js";' in files["screens.js"].body.decode()


def test_each_file_of_screens_is_in_the_registry():
    names = [each.name for each in pkgutil.iter_modules(screens.__path__)]
    found = [importlib.import_module(f"{screens.__name__}.{name}").SCREEN for name in names]
    assert sorted(each.name for each in found) == sorted(each.name for each in SCREENS)
