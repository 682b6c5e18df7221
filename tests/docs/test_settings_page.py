"""docs/settings.md and the settings say the same."""

import re
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest
from tests.docs.settings_page import PAGE, page

from triggerfish.secrets.registry import STORES
from triggerfish.settings import Settings
from triggerfish.sinks.registry import BROKERS

ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def rows() -> dict[str, tuple[str, str]]:
    return {name: (default, meaning) for name, default, meaning in ROW.findall(PAGE.read_text("utf-8"))}


def test_the_page_has_a_row_for_each_setting_and_no_other(rows):
    assert set(rows) == {field.name.upper() for field in fields(Settings)}


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_the_default_on_the_page_is_the_real_one(field, rows):
    default, _ = rows[field.name.upper()]
    if field.default != "":
        assert default == f"`{field.default}`"


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_each_choice_is_explained(field, rows):
    choices = get_args(get_type_hints(Settings)[field.name])
    default, meaning = rows[field.name.upper()]
    for choice in choices:
        if choice not in ("auto", "active", "off"):
            assert f"`{choice}`" in meaning + default


def test_the_page_is_what_is_made_of_the_fields():
    """``python -m tests.docs.settings_page`` writes it."""
    assert PAGE.read_text("utf-8") == page()


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_a_field_says_what_its_type_says(field):
    kind = get_type_hints(Settings)[field.name]
    assert field.metadata["choices"] == get_args(kind)
    assert field.default in get_args(kind) or type(field.default) is kind


def test_what_is_behind_a_registry_is_named():
    text = PAGE.read_text("utf-8")
    assert all(f"`{store}`" in text for store in STORES)
    assert all(f"`{scheme}://" in text for scheme in BROKERS)
