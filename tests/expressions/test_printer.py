"""What is printed reads back as what was printed."""

import pytest
from hypothesis import given, settings
from tests.expressions.trees import trees

from triggerfish.expressions.syntax.nodes import Node
from triggerfish.expressions.syntax.parser import parse
from triggerfish.expressions.syntax.printer import to_source


@settings(max_examples=60, deadline=None)
@given(trees)
def test_parse_undoes_print(tree: Node) -> None:
    assert parse(to_source(tree)) == tree


@pytest.mark.soak
@settings(max_examples=5_000, deadline=None)
@given(trees)
def test_parse_undoes_print_for_long(tree: Node) -> None:
    assert parse(to_source(tree)) == tree


@pytest.mark.parametrize(
    "source",
    [
        'payload.message != "" && metadata["x-argo-e2e"] == ["true"]',
        "(a ?? b) + c",
        "-a ** b",
        "(-a) ** b",
        "(a < b) < c",
        "a?.b[0].c",
        'filter(payload.commits, .message contains "x")',
        "map(xs, { {a: #} })",
        "(let x = 1; x) + 2",
        "if a { b } else { c }",
        "a ? b : (c ? d : e)",
        "!(a in b)",
        "!a * 2",
    ],
)
def test_a_printed_source_stays_as_it_is(source: str) -> None:
    once = to_source(parse(source))
    assert to_source(parse(once)) == once
