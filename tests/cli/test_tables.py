"""Tables on terminals of some widths: nothing is cut, and a reason is always there."""

import io

import pytest
from rich.console import Console

from triggerfish.cli.tables import filled, layout, table

REASON = "An earlier run is unfinished and the concurrency policy is Forbid. (sync-1795410600 is unfinished)"
SLOT = "2026-11-23T05:20:00Z"
EXPLAINED = {
    "slot": SLOT,
    "outcome": "skipped",
    "late": "",
    "child": "sync-1795410600",
    "phase": "Running",
    "decided": SLOT,
    "reason": REASON,
}
COLUMNS = tuple(EXPLAINED)
LESSER = ("decided", "late", "phase", "child")


def drawn(rows, columns, lesser, width: int) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width)
    console.print(table(rows, layout(rows, columns, lesser, width)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        pytest.param(200, (), id="200: all"),
        pytest.param(120, (), id="120: the reason wraps"),
        pytest.param(80, ("decided", "late", "phase"), id="80"),
        pytest.param(60, LESSER, id="60"),
    ],
)
def test_the_lesser_columns_go_one_by_one(width, left_out):
    assert layout([EXPLAINED], COLUMNS, LESSER, width).left_out == left_out


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_reason_is_never_cut_and_no_line_is_too_long(width):
    text = drawn([EXPLAINED], COLUMNS, LESSER, width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    # The words of the reason stand in the order in which they are read, cells of other columns between them.
    rest = iter(text.split())
    assert all(any(word == found for found in rest) for word in REASON.split())


@pytest.mark.parametrize("width", [60, 80, 200])
def test_what_is_copied_stays_in_one_piece(width):
    assert SLOT in drawn([EXPLAINED], COLUMNS, LESSER, width)


@pytest.mark.parametrize(
    ("width", "name", "wrapped"),
    [
        pytest.param(80, "default/night", {"why"}, id="prose has enough"),
        pytest.param(80, "default/test-cron-wf", {"why"}, id="prose has less than it wants"),
        pytest.param(60, "default/test-cron-wf", {"cron", "verdict", "why"}, id="names wrap, times do not"),
        pytest.param(40, "default/test-cron-wf", {"cron", "slot", "verdict", "why"}, id="all"),
    ],
)
def test_what_wraps_when_no_column_can_go(width, name, wrapped):
    row = {"cron": name, "slot": SLOT, "verdict": "unknown", "why": REASON}
    assert layout([row], tuple(row), (), width).wrapped == wrapped


def test_where_nothing_helps_every_letter_is_still_there():
    row = {"name": "n" * 70, "selector": "s" * 70}
    text = drawn([row], ("name", "selector"), (), 60)
    assert (text.count("n"), text.count("s")) == (70, 70)


def test_a_table_that_fits_has_all_its_columns():
    rows = [{"cron": "night", "state": "suspended", "note": "n"}]
    assert layout(rows, ("cron", "state", "note"), ("note",), 60).left_out == ()


def test_a_lesser_column_that_is_empty_in_every_row_is_not_shown_and_not_missed():
    rows = [{"name": "a", "note": "", "late": None, "running": 0}, {"name": "b"}]
    columns = ("name", "note", "late", "running")
    assert filled(rows, columns, ("late", "note", "running")) == (["name", "running"], ["running"])
    assert filled(rows, columns, ()) == (list(columns), [])
