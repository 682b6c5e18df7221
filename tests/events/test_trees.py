"""Evaluation trees in a record: short, redacted, and nobody's to break."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events.test_plan import binding

from triggerfish.events import trees
from triggerfish.expressions import compile as compiled

ENVIRONMENT = {
    "payload": {
        "ref": "refs/heads/work",
        "labels": ["a", "b"],
        "long": "ü" * 100_000,
        "token": "abc",
        "api-key": "abc",
        "userCredentials": "abc",
        "bad": "\x00" * 500,
    }
}


def kept(selector: str, dialect: str = "expr") -> dict:
    return trees.kept(trees.redacted(compiled(selector, dialect).explain(ENVIRONMENT), selector))


def drawn(tree: dict, indent: str = "") -> list[str]:
    """A tree as lines, as people see it."""
    said = tree.get("error", tree.get("value", "not reached"))
    lines = [f"{indent}{tree['text']} -> {said}"]
    for part in tree.get("parts", ()):
        lines += drawn(part, f"{indent}  ")
    return lines + ([f"{indent}  and {tree['more']} more"] if tree.get("more") else [])


@pytest.mark.parametrize(
    ("dialect", "selector", "lines"),
    [
        pytest.param(
            "expr",
            'payload.ref == "refs/heads/main" && payload.labels == nil',
            [
                'payload.ref == "refs/heads/main" && payload.labels == nil -> false',
                '  payload.ref == "refs/heads/main" -> false',
                '    payload.ref -> "refs/heads/work"',
                "  payload.labels == nil -> not reached",
            ],
            id="each part with its value, as far as it came",
        ),
        pytest.param(
            "expr",
            'payload.labels == ["a"]',
            ['payload.labels == ["a"] -> false', "  payload.labels -> a list of 2"],
            id="of a list the size",
        ),
        pytest.param(
            "expr",
            "payload.nope.x == 1",
            [
                "payload.nope.x == 1 -> cannot fetch x from <nil>",
                "  payload.nope.x -> cannot fetch x from <nil>",
            ],
            id="what fails",
        ),
        pytest.param(
            "expr",
            'payload.token == "abc" && payload.ref != "x"',
            [
                'payload.token == "…" && payload.ref != "…" -> true',
                '  payload.token == "…" -> true',
                "    payload.token -> (hidden)",
                '  payload.ref != "x" -> true',
                '    payload.ref -> "refs/heads/work"',
            ],
            id="a credential is hidden, and what it is compared with",
        ),
        pytest.param(
            "expr",
            'let given = payload.token; given == "abc" && payload.ref != "x"',
            [
                'given == "…" && payload.ref != "…" -> true',
                '  given == "…" -> true',
                "    given -> (hidden)",
                '  payload.ref != "…" -> true',
                "    payload.ref -> (hidden)",
            ],
            id="a credential by another name is hidden",
        ),
        pytest.param(
            "expr",
            'payload.userCredentials != "x"',
            ['payload.userCredentials != "…" -> true', "  payload.userCredentials -> (hidden)"],
            id="a field's name may be longer than the word",
        ),
        pytest.param(
            "cel",
            "payload['api-key'] == 'abc' && has(payload.ref)",
            [
                "payload['api-key'] == \"…\" && has(payload.ref) -> true",
                "  payload['api-key'] == \"…\" -> true",
                "    payload['api-key'] -> (hidden)",
                "  has(payload.ref) -> true",
            ],
            id="in CEL too",
        ),
        pytest.param(
            "cel",
            "payload.nope == 1 || size(payload.labels) == 2",
            [
                "payload.nope == 1 || size(payload.labels) == 2 -> true",
                "  payload.nope == 1 -> no such key: 'nope'",
                "    payload.nope -> no such key: 'nope'",
                "  size(payload.labels) == 2 -> true",
                "    size(payload.labels) -> 2",
            ],
            id="CEL forgives one side of an or",
        ),
    ],
)
def test_what_is_kept(dialect, selector, lines):
    assert drawn(kept(selector, dialect)) == lines


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(" || ".join(f'payload.ref == "{n}"' for n in range(90)), id="wide"),
        pytest.param("!(" * 40 + "true" + ")" * 40, id="deep"),
        pytest.param('payload.long == "' + "x" * 5000 + '"', id="long texts"),
        pytest.param(" || ".join(["payload.bad == payload.long"] * 12), id="characters that JSON escapes"),
        pytest.param("true ? " * 30 + "1" + " : 2" * 30, id="choices in choices"),
    ],
)
def test_a_tree_is_small_whatever_the_selector(selector):
    tree = kept(selector)
    assert len(json.dumps(tree)) < 4000
    lines = drawn(tree)
    assert len(lines) <= 2 * trees.MOST_PARTS
    assert max(len(line) - len(line.lstrip()) for line in lines) <= 2 * (trees.DEEPEST + 1)
    # Nothing is lost on the way.
    assert drawn(trees.read(json.loads(json.dumps(tree)))) == lines


def test_what_is_left_out_is_counted():
    lines = drawn(kept(" || ".join(f"payload.ref == {n}" for n in range(40))))
    shown = sum(line.startswith("  payload.ref ==") for line in lines)
    assert f"  and {40 - shown} more" in lines


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param([{"text": "x"}], None, id="a list"),
        pytest.param({"text": 7}, None, id="no text"),
        pytest.param(
            {"text": "a", "value": {"b": 1}, "reached": "yes", "parts": "c", "more": -1, "d": 1},
            {"text": "a", "reached": False, "parts": [], "more": 0},
            id="nothing as it should be",
        ),
        pytest.param(
            {"text": "a", "value": True, "parts": [None, {"text": "b", "error": "c"}], "more": True},
            {
                "text": "a",
                "value": "True",
                "reached": True,
                "parts": [{"text": "b", "error": "c", "reached": True, "parts": [], "more": 0}],
                "more": 0,
            },
            id="parts that are none",
        ),
    ],
)
def test_what_somebody_wrote_into_a_record(given, read):
    assert trees.read(given) == read


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["text", "parts", "more", "value"]), inner)
    ),
)


@given(JSON)
def test_no_record_breaks_it(given):
    tree = trees.read(given)
    assert tree is None or len(drawn(tree)) <= 2 * trees.MOST_PARTS


def test_a_tree_without_end_is_cut():
    tree: dict = {"text": "x"}
    for _ in range(500):
        tree = {"text": "x", "parts": [tree, tree]}
    assert len(drawn(trees.read(tree))) <= trees.MOST_PARTS


@pytest.mark.parametrize("dialect", ["expr", "cel"])
@pytest.mark.parametrize(
    "selector",
    [
        'payload.ref == "refs/heads/main" && payload.labels == ["a"]',
        'payload.ref == "refs/heads/work" && (payload.token == "x" || payload.labels == ["a"])',
        'payload.token == "abc" && payload.ref == "Bearer abcdefgh12345"',
        "payload.labels[0] == payload.userCredentials",
        "payload.nope.x == 1",
        "!(payload.ref == payload.ref)",
    ],
)
def test_the_part_that_decides_reads_as_it_does_in_the_whole(selector, dialect):
    """An answer has it alone: redacting whole trees of 20 bindings took as long as the rest of a delivery."""
    bound, asked = binding(selector, dialect=dialect), []

    def explain(each):
        asked.append(each)
        return each.selector.explain(ENVIRONMENT)

    whole, decided = trees.redacting(explain)(bound), trees.deciding(explain)
    assert decided(bound) == whole.deciding()
    assert decided(bound).deciding().sentence == whole.deciding().sentence
    assert len(asked) == 2, "the second answer is remembered"


def test_long_conditions_are_not_remembered():
    kept(f"payload.ref == {'x' * 10_000!r}")
    before = trees._as_shown.cache_info().currsize
    kept(f"payload.ref == {'y' * 10_000!r}")
    assert trees._as_shown.cache_info().currsize == before
