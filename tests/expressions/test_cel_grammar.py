"""CEL's grammar is cel-python's: the committed tables are made of it, and the trees are the same."""

import re
from functools import cache
from typing import Any

import pytest
from celpy.celparser import CELParseError, CELParser
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.expressions import cel_grammar

from triggerfish.expressions.cel.syntax import nodes as n
from triggerfish.expressions.cel.syntax.parser import parse
from triggerfish.expressions.cel.values import Uint
from triggerfish.expressions.limits import Failure


def test_the_tables_are_those_of_the_installed_version() -> None:
    wanted = cel_grammar.FILE.read_text()
    assert cel_grammar.text() == wanted, "python -m tests.expressions.cel_grammar --write"


@cache
def parser() -> CELParser:
    return CELParser()


def theirs(tree: Any) -> Any:
    """cel-python's tree without the rules that only pass on what they hold."""
    name, children = tree.data, tree.children
    if name == "literal":
        return "literal", children[0].type.removeprefix("ML")
    if name in ("ident", "dot_ident"):
        return "name", str(children[0])
    if name in ("ident_arg", "dot_ident_arg"):
        return ("call", None, str(children[0]), *_arguments(children[1:]))
    if name == "member_dot":
        return "select", theirs(children[0]), str(children[1])
    if name == "member_dot_arg":
        return ("call", theirs(children[0]), str(children[1]), *_arguments(children[2:]))
    if name == "member_index":
        return "index", theirs(children[0]), theirs(children[1])
    if name == "member_object":
        return ("message",)
    if name == "list_lit":
        return ("list", *_arguments(children))
    if name == "map_lit":
        return ("map", *_arguments(children))
    if name == "unary" and len(children) == 2:
        return children[0].data, theirs(children[1])
    if name in ("relation", "addition", "multiplication") and len(children) == 2:
        operator, right = children
        return operator.data, theirs(operator.children[0]), theirs(right)
    if name in ("expr", "conditionalor", "conditionaland") and len(children) > 1:
        return (name, *[theirs(child) for child in children])
    return theirs(children[0])


def _arguments(children: list[Any]) -> list[Any]:
    return [theirs(child) for each in children for child in each.children]


_OPERATORS = {
    "<": "relation_lt", "<=": "relation_le", ">": "relation_gt", ">=": "relation_ge", "==": "relation_eq",
    "!=": "relation_ne", "in": "relation_in", "+": "addition_add", "-": "addition_sub",
    "*": "multiplication_mul", "/": "multiplication_div", "%": "multiplication_mod",
}  # fmt: skip
_LITERALS = {bool: "BOOL_LIT", float: "FLOAT_LIT", int: "INT_LIT", str: "STRING_LIT", bytes: "BYTES_LIT"}


def ours(node: n.CelNode) -> Any:
    """Our tree in the same form."""
    match node:
        case n.Literal(value=None):
            return "literal", "NULL_LIT"
        case n.Literal(value=value):
            return "literal", _LITERALS.get(type(value), "UINT_LIT")
        case n.Name(name=name):
            return "name", name
        case n.CelCall(name=name, target=target, arguments=arguments):
            return "call", target and ours(target), name, *map(ours, arguments)
        case n.Select(operand=operand, name=name):
            return "select", ours(operand), name
        case n.Index(operand=operand, key=key):
            return "index", ours(operand), ours(key)
        case n.Message():
            return ("message",)
        case n.Items(items=items):
            return "list", *map(ours, items)
        case n.Entries(entries=entries):
            return "map", *[ours(each) for entry in entries for each in entry]
        case n.CelUnary(operator="-", operand=n.Literal(value=Uint())):
            return "literal", "UINT_LIT"  # a sign is none of a uint's, and the checker says so
        case n.CelUnary(operator=operator, operand=operand):
            return "unary_not" if operator == "!" else "unary_neg", ours(operand)
        case n.CelBinary(operator=operator, left=left, right=right):
            return _OPERATORS[operator], ours(left), ours(right)
        case n.CelLogic(operator=operator, operands=[first, *others]):
            made = ours(first)
            for other in others:
                made = ("conditionalor" if operator == "||" else "conditionaland", made, ours(other))
            return made
        case n.Choice(condition=condition, then=then, otherwise=otherwise):
            return "expr", ours(condition), ours(then), ours(otherwise)
    raise AssertionError(node)


TOKENS = (
    "a b .c .d . ( ) [ ] { } , : ? && || ! - + * / % == != < <= > >= in 1 -1 0x1F 2u 0.5 1e3 -2.5 "
    "'a' \"b\" '''c''' b'x' r'\\d' true false null size( .f( a{"
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(TOKENS.split()), min_size=1, max_size=14).map(" ".join))
def test_any_tokens_give_the_same_tree_or_an_error_on_both_sides(source: str) -> None:
    _compare(source)


expressions = st.recursive(
    st.sampled_from(["a", "b.c", "1", "-1", "2u", "0.5", "'a'", "b'x'", "true", "null", ".a", "[]", "{}"]),
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(["&&", "||", "+", "-", "*", "/", "%", "==", "!=", "<", ">=", " in "]),
            inner,
        ).map("".join),
        st.tuples(st.sampled_from(["!", "-"]), inner).map("".join),
        inner.map(lambda each: f"({each})"),
        st.lists(inner, max_size=3).map(lambda each: f"[{','.join(each)}]"),
        st.lists(inner, max_size=3).map(lambda each: f"(a).f({','.join(each)})"),
        st.tuples(inner, inner).map(lambda each: f"{{{each[0]}:{each[1]}}}"),
        st.tuples(inner, inner).map(lambda each: f"({each[0]})[{each[1]}]"),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]})?({each[1]}):{each[2]}"),
    ),
    max_leaves=12,
)


@settings(max_examples=700, deadline=None)
@given(expressions)
def test_any_expression_gives_the_same_tree(source: str) -> None:
    _compare(source)


def _compare(source: str) -> None:
    try:
        wanted = theirs(parser().parse(source))
    except CELParseError:
        wanted = None
    try:
        found = ours(parse(source))
    except Failure:
        # Words of the language are no names in CEL; cel-python takes them where nothing else can stand.
        assert wanted is None or _names(wanted) & {"in", "true", "false", "null"}, source
        return
    if wanted is None:
        # What CEL has gained since: a comma after the last item.
        assert re.search(r"[,\[{] ?,? ?[\]}]|[,] ?[\]}]", source), source
        return
    assert found == wanted, source


def _names(tree: Any) -> set[str]:
    """The names in a tree."""
    if isinstance(tree, str):
        return {tree}
    return set().union(*map(_names, tree)) if isinstance(tree, (tuple, list)) else set()


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("a.?b.c[?0].?d", id="optional members"),
        pytest.param("[?a, b, ?c]", id="optional items"),
        pytest.param("{?'a': b, 'c': d}", id="optional entries"),
        pytest.param("[1, 2,]", id="a comma after the last item"),
        pytest.param("{'a': 1,}", id="a comma after the last entry"),
        pytest.param("[,]", id="a comma alone"),
        pytest.param("a.`b-c/d`", id="a name between backticks"),
        pytest.param("'\\u00e9\\U0001F600\\x41\\101'", id="escapes"),
    ],
)
def test_what_cel_has_gained_is_read(source: str) -> None:
    assert parse(source)
