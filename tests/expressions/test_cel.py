"""The CEL dialect: the language, Tekton's functions, bounds, and errors with a place."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish import expressions
from triggerfish.errors import ExpressionError

ENVIRONMENT = json.loads((Path(__file__).parent.parent / "vectors" / "push.json").read_text())
ENVIRONMENT["event"] = ENVIRONMENT


def cel(source, environment=ENVIRONMENT):
    return expressions.compile(source, "cel").evaluate(environment)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("payload.ref == 'refs/heads/main'", True, id="a field"),
        pytest.param("event.payload.ref == payload.ref", True, id="event is the environment"),
        pytest.param("payload.commits.exists(c, c.added.exists(f, f == 'x.py'))", True, id="macros"),
        pytest.param("payload.commits.all(c, has(c.id))", True, id="all, has"),
        pytest.param("payload.commits.filter(c, c.distinct).map(c, c.id)", ["aaa", "ccc"], id="filter, map"),
        pytest.param("payload.commits.exists_one(c, c.id == 'bbb')", True, id="exists_one"),
        pytest.param(r"'it\'s' + '\\' // '(((", "it's\\", id="texts and a comment"),
        pytest.param('"""a\n\'b"""', "a\n'b", id="a text over two lines"),
        pytest.param("payload.size + 1.0", 4, id="a number of the payload is a double"),
        pytest.param("payload.size / 2.0", 1.5, id="which divides as one"),
        pytest.param("int(payload.size) + 1", 4, id="and becomes an int when it is told to"),
        pytest.param("payload.ratio * 2.0", 0.5, id="a fraction is a double"),
        pytest.param("payload.size * 0.5 + 1.0", 2.5, id="doubles alone"),
        pytest.param("payload.size == 3.0", True, id="numbers compare by value"),
        pytest.param("size(payload.words) == 4 && 'fig' in payload.words", True, id="size, in"),
        pytest.param("has(payload.nope) || payload.nothing == null", True, id="has, null"),
        pytest.param("payload.nope == 1 || true", True, id="or swallows an error"),
        pytest.param("payload.text.matches('qu.ck')", True, id="matches"),
        pytest.param("payload.forced ? 'yes' : 'no'", "no", id="ternary"),
        pytest.param("{'a': [1, 2u, b'x', duration('90s')]}", {"a": [1, 2, "eA==", "90s"]}, id="JSON"),
        pytest.param("metadata['x-github-event'][0]", "push", id="metadata"),
        pytest.param("metadata.match('X-GitHub-Event', 'push')", True, id="match"),
        pytest.param("metadata.match('x-many', 'b') && !metadata.match('x-none', 'b')", True, id="any value"),
        pytest.param("metadata.canonical('X-GitHub-Event')", "push", id="canonical"),
        pytest.param("metadata.canonical('X-None')", "", id="canonical of none"),
        pytest.param("payload.after.truncate(7)", "9c1185a", id="truncate"),
        pytest.param("truncate('ab', 7)", "ab", id="plainly called"),
        pytest.param("payload.ref.split('/')", ["refs", "heads", "main"], id="split"),
        pytest.param("'a,b,c'.split(',', 2)", ["a", "b,c"], id="split with a limit"),
        pytest.param("payload.words.join('-')", "pear-apple-fig-apple", id="join"),
        pytest.param("'this that another'.replace('th', '', 2)", "is at another", id="replace with a limit"),
        pytest.param("payload.json.parseJSON().k[0]", 1, id="parseJSON"),
        pytest.param(r"'a: [x]\nb: 2026-01-02'.parseYAML()", {"a": ["x"], "b": "2026-01-02"}, id="parseYAML"),
        pytest.param("'https://u:p@h.example/x?s=1&s=2#f'.parseURL().query.s", "1,2", id="query"),
        pytest.param("'https://h.example/x?s=1'.parseURL().queryStrings.s", ["1"], id="queryStrings"),
        pytest.param("'https://u:p@h.example/x'.parseURL().auth.username", "u", id="parseURL: auth"),
        pytest.param("{'b': 1, 'a': [true]}.marshalJSON()", '{"a":[true],"b":1}', id="marshalJSON"),
        pytest.param("payload.words.first() + payload.words.last()", "pearapple", id="first, last"),
        pytest.param("'This is $an Invalid5String '.lowerAscii().translate('[^a-z0-9]+', '')",
                     "thisisaninvalid5string", id="translate"),
        pytest.param("'hÉ'.lowerAscii() + 'hé'.upperAscii()", "hÉHé", id="ASCII alone changes case"),
        pytest.param("payload.b64.decodeb64()", "hello", id="decodeb64"),
    ],
)  # fmt: skip
def test_value(source, expected):
    result = cel(source)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("source", "said", "column"),
    [
        pytest.param("payload.ref ==", "ends too early", 15, id="half an expression"),
        pytest.param("payload..ref", "unexpected '.'", 9, id="syntax"),
        pytest.param("", "empty", 1, id="nothing"),
        pytest.param("payload.ref == 'x", "the text has no end", 16, id="an open text"),
        pytest.param("'a\nb'", "the text has no end", 1, id="a text over two lines"),
        pytest.param("''' \\ '", "the text has no end", 1, id="an open text of three quotes"),
        pytest.param("1 > '" + "\\" * 200, "the text has no end", 5, id="found by fuzzing: it never ended"),
        pytest.param("payload.rf == 1", "no such key: 'rf', did you mean \"ref\"?", 9, id="a near miss"),
        pytest.param("payload.ref.foo == 1", "a string has no field 'foo'", 13, id="a field of a string"),
        pytest.param(
            "payload.words.mapp(x, x)", "unknown function 'mapp', did you mean \"map\"?", 15, id="a function"
        ),
        pytest.param("payload.words.reduce(r, i, '', r + r)", "unknown function 'reduce'", 15, id="reduce"),
        pytest.param("payload.words.map(x)", "takes a variable and an expression", 15, id="half a macro"),
        pytest.param("payload.ref.map(x, x)", "goes over a list", 13, id="a macro over a text"),
        pytest.param("payload.ref.matches('(')", "error parsing regexp", 13, id="a broken pattern"),
        pytest.param(
            "'x'.compareSecret('token', 'name')", "compareSecret is not offered", 5, id="compareSecret"
        ),
        pytest.param("'x'.truncate('y')", "no such overload: truncate(string, string)", 5, id="an argument"),
        pytest.param("'x'.truncate(0.5)", "must be a whole number", 5, id="an argument's value"),
        pytest.param("payload.size + 1", "numbers of the payload are doubles", 14, id="a double and an int"),
        pytest.param("payload.size % 2", "write int(x) for x", 14, id="a remainder of a double"),
        pytest.param("[].first()", "no first item", 4, id="first of none"),
        pytest.param("'a: &x [1]\\nb: *x'.parseYAML()", "aliases are not read", 20, id="a YAML bomb's fuse"),
        pytest.param("payload.ref ? 1 : 2", "must be a boolean, not a string", None, id="a condition"),
    ],
)
def test_error(source, said, column):
    with pytest.raises(ExpressionError) as raised:
        cel(source)
    assert said in raised.value.message
    if column is not None:
        assert raised.value.column == column
    assert len(raised.value.message) < 400


def test_names_are_checked_when_they_are_given():
    names = {"payload", "metadata"}
    with pytest.raises(ExpressionError, match="unknown name 'paylod', did you mean \"payload\""):
        expressions.compile("paylod.ref == ''", "cel", names=names)
    assert expressions.compile("payload.words.map(w, w)", "cel", names=names).names == {"payload"}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("payload.l.map(x, payload.l.map(y, x * y))", id="loops in loops"),
        pytest.param("payload.l.all(x, payload.l == payload.l)", id="comparing the whole again and again"),
        pytest.param("payload.l.all(x, !(0 - 1 in payload.l))", id="searching again and again"),
        pytest.param("payload.l.exists(x, payload.l.foo == 1)", id="an error each time"),
        pytest.param("'a'" + f".replace('', '{'a' * 60}')" * 6, id="a text that multiplies"),
        pytest.param("(" * 101 + "1" + ")" * 101, id="brackets"),
        pytest.param(" " * 16_385 + "1", id="source"),
    ],
)  # fmt: skip
def test_each_bound_names_itself(source):
    with pytest.raises(ExpressionError, match="too much: "):
        cel(source, {"payload": {"l": list(range(4_000))}})


def test_a_value_within_itself_and_one_too_deep_are_errors_or_values():
    deep: list[object] = []
    for _ in range(3_000):
        deep = [deep]
    with pytest.raises(ExpressionError, match="nested too deeply"):
        cel("payload", {"payload": deep})


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        pytest.param("e.compile('1').evaluate({})", [], id="expr"),
        pytest.param(
            "e.compile('1 + 1', 'cel').evaluate({})", ["triggerfish.expressions.cel"], id="its room alone"
        ),
    ],
)
def test_a_dialect_is_imported_when_it_is_used_and_no_parser_generator_ever(code, imported):
    script = (
        f"import sys, triggerfish.expressions as e; {code};"
        "print([name for name in ('triggerfish.expressions.cel', 'celpy', 'lark', 're2', 'yaml')"
        " if name in sys.modules])"
    )
    path = [entry for entry in sys.path if entry.endswith("shared")]
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(path)},
    )
    assert result.stdout.strip() == str(imported)


TOKENS = """payload metadata .ref .words .map(x, .exists(c, ( ) [ ] { } , : ? && || ! - + * / % == != < in
1 2u 0.5 'a' b'x' true null x c .truncate(1) .split('/') .join('') .parseJSON() .first() has( size("""
tokens = st.sampled_from(TOKENS.split())


@settings(max_examples=800, deadline=None)
@given(st.one_of(st.lists(tokens, max_size=12).map("".join), st.text(max_size=30)))
def test_any_text_gives_a_value_or_an_expression_error(source):
    with suppress(ExpressionError):
        json.dumps(cel(source))


def test_values_are_converted_anew_for_another_environment_and_another_value():
    program = expressions.compile("payload.a + n", "cel")
    environment = {"payload": {"a": 1}, "n": 1}
    assert program.evaluate(environment) == 2
    assert program.evaluate({"payload": {"a": 2}, "n": 1}) == 3
    assert program.evaluate(environment) == 2
    environment["payload"] = {"a": 5}
    assert program.evaluate(environment) == 6


def test_no_expression_changes_what_the_next_one_sees():
    environment = {"payload": {"list": [1, 2], "map": {"a": [1]}}}
    for source in (
        "payload.list + [3]",
        "payload.list.map(x, x + 1.0)",
        "payload.map.a + payload.list",
        "payload",
    ):
        expressions.compile(source, "cel").evaluate(environment)
    assert expressions.compile("payload", "cel").evaluate(environment) == environment["payload"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("1 == null", False, id="a number and null"),
        pytest.param("'a' != null", True, id="a text and null"),
        pytest.param("null == null", True, id="null and null"),
        pytest.param("true == false", False, id="two bools"),
        pytest.param("1 == true", False, id="a number and a bool"),
        pytest.param("'a' == 'a'", True, id="two texts"),
    ],
)
def test_two_literals_are_compared_without_a_warning_of_pythons(source, expected):
    assert cel(source) is expected
