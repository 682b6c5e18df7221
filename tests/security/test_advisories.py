"""What went wrong elsewhere and has no home among the tests of one part."""

import pytest

from triggerfish.expressions import compile as compile_expression

LONG = "a" * 100_000


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*b"])
def test_a_regular_expression_ends(pattern):
    # A backtracking engine would not be done with these before the sun is.
    program = compile_expression(f'payload.text matches "{pattern}"')
    assert program.evaluate({"payload": {"text": LONG + "!"}}) is False


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(.*)*b"])
def test_a_regular_expression_from_the_payload_ends(pattern):
    program = compile_expression("payload.text matches payload.pattern")
    assert program.evaluate({"payload": {"text": LONG + "!", "pattern": pattern}}) is False
