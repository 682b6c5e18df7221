"""Nesting ends in an ExpressionError, wherever Python's stack ends."""

import inspect
import sys

import pytest

from triggerfish import expressions
from triggerfish.expressions import ExpressionError


def below(frames, call):
    """``call()`` with so many more frames on the stack."""
    return below(frames - 1, call) if frames else call()


def test_found_by_fuzzing_brackets_that_end_the_stack_before_their_bound():
    left = sys.getrecursionlimit() - len(inspect.stack(0))
    with pytest.raises(ExpressionError, match="levels of nesting"):
        below(left - 300, lambda: expressions.compile("[" * 150 + "]" * 150))
