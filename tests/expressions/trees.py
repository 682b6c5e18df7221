"""Syntax trees as hypothesis strategies: only such as the parser itself makes."""

from hypothesis import strategies as st

from triggerfish.expressions.syntax import nodes as n
from triggerfish.expressions.syntax.operators import BINARY

names = st.sampled_from(["payload", "x", "_a", "$b", "übung", "notin"])
fields = st.sampled_from(["ref", "in", "true", "x y", "", "été", "a1"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)

leaves = st.one_of(
    st.builds(n.Nil),
    st.builds(n.Identifier, names),
    st.builds(n.Integer, st.integers(0, 2**63 - 1)),
    st.builds(n.Float, st.floats(0, allow_nan=False, allow_infinity=False)),
    st.builds(n.Bool, st.booleans()),
    st.builds(n.String, texts),
    st.builds(n.Bytes, st.binary(max_size=4)),
)
closure_leaves = leaves | st.builds(n.Pointer, st.sampled_from(["", "index", "acc"]))


def _logic(children: st.SearchStrategy[n.Node]) -> st.SearchStrategy[n.Node]:
    def flat(operator: str, operands: list[n.Node]) -> n.Node:
        # The parser puts a chain that begins with a chain of the same operator into one.
        first = operands[0]
        if isinstance(first, n.Logic) and first.operator == operator:
            return n.Logic(operator, [*first.operands, *operands[1:]])
        return n.Logic(operator, operands)

    return st.builds(flat, st.sampled_from(["&&", "||"]), st.lists(children, min_size=2, max_size=3))


def _property(node: n.Node, name: str, *, optional: bool, called: list[n.Node] | None) -> n.Node:
    """As the parser appends ``.name``, ``?.name`` or a method's call."""
    chained = isinstance(node, n.Chain)
    base = node.node if isinstance(node, n.Chain) else node
    made: n.Node = n.Member(base, n.String(name), optional=optional, method=called is not None)
    if called is not None:
        made = n.FunctionCall(made, called)
    return n.Chain(made) if chained or optional else made


def _index(node: n.Node, key: n.Node, *, optional: bool) -> n.Node:
    made = n.Member(node, key, optional=optional)
    return n.Chain(made) if optional else made


def _grown(
    children: st.SearchStrategy[n.Node], closures: st.SearchStrategy[n.Node]
) -> st.SearchStrategy[n.Node]:
    operators = st.sampled_from(sorted(set(BINARY) - {"|", "or", "||", "and", "&&", "^"}))
    words = st.sampled_from(["ref", "in", "matches", "été", "a1"])
    lists = st.lists(children, max_size=3)
    keys = st.one_of(
        st.builds(n.String, fields), children.filter(lambda node: not isinstance(node, n.String))
    )
    # a["b"] is a.b to the parser's tree as well; only other keys stand in brackets.
    return st.one_of(
        st.builds(n.Unary, st.sampled_from(["!", "-", "+"]), children),
        st.builds(n.Binary, operators, children, children),
        _logic(children),
        st.builds(_property, children, words, optional=st.booleans(), called=st.none() | lists),
        st.builds(_index, children, children, optional=st.booleans()),
        st.builds(n.Slice, children, st.none() | children, st.none() | children),
        st.builds(n.FunctionCall, st.builds(n.Identifier, st.just("f")), lists),
        st.builds(n.Builtin, st.sampled_from(["len", "upper", "concat"]), lists),
        st.builds(
            lambda name, over, body: n.Builtin(name, [over, n.Predicate(body)]),
            st.sampled_from(["filter", "map", "any", "reduce", "sortBy"]),
            children,
            closures,
        ),
        st.builds(n.Let, st.sampled_from(["v", "w"]), children, children),
        st.builds(n.Sequence, st.lists(children, min_size=2, max_size=3)),
        st.builds(n.Conditional, children, children, children, ternary=st.booleans()),
        st.builds(n.Array, lists),
        st.builds(n.MapLiteral, st.lists(st.builds(n.Pair, keys, children), max_size=3)),
    )


closures = st.recursive(closure_leaves, lambda inner: _grown(inner, inner), max_leaves=3)
trees = st.recursive(leaves, lambda children: _grown(children, closures), max_leaves=8)
