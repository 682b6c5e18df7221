"""One table names every builtin: nothing is declared beside it, and nothing in it is missing."""

import pytest

from triggerfish.expressions import builtins
from triggerfish.expressions.builtins.table import FUNCTIONS, LOOPS, NAMES
from triggerfish.expressions.evaluation import loops


def test_every_function_of_a_family_stands_in_the_table_under_its_family() -> None:
    declared = {
        (family, name)
        for family in ("aggregates", "bits", "dates", "encoding", "lists", "maps", "numbers", "strings")
        for name in getattr(builtins, family).family.members
    }
    assert declared == {(row.family, row.name) for row in FUNCTIONS.values()}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=list(LOOPS))
def test_a_loop_is_run_by_a_function_that_compiled_code_may_name(loop) -> None:
    assert loop.runs in loops.__all__


def test_no_builtin_stands_in_the_table_twice() -> None:
    assert len(NAMES) == len(FUNCTIONS) + len(LOOPS)
