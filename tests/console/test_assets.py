"""The console's page and what it may do."""

import re

import pytest

from triggerfish.console.assets import PAGE, POLICY, assets


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
