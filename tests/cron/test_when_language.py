"""The language that is left of ``when`` after templating, against what govaluate answers."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.cron.planning.when import evaluate
from triggerfish.errors import ExpressionError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2 ** 3 ** 2 == 64", True, id="everything groups to the left, powers too"),
        pytest.param("-2 ** 2 == 4", True, id="a sign binds tighter than a power"),
        pytest.param("10 - 2 - 3 == 5", True, id="left"),
        pytest.param("1 + 2 * 3 == 7", True, id="precedence"),
        pytest.param("6 & 3 == 2", True, id="bits bind tighter than a comparison"),
        pytest.param("1 << 2 + 1 == 8", True, id="sums bind tighter than a shift"),
        pytest.param("7.5 % 2 == 1.5", True, id="remainder of floats"),
        pytest.param("1 / 0 > 100", True, id="infinity"),
        pytest.param("0 / 0 == 0 / 0", False, id="NaN"),
        pytest.param("-7 % 4 == -3", True, id="the remainder has the sign of the left side"),
        pytest.param("0x1F == 31", True, id="hexadecimal"),
        pytest.param("0x00000000000000000001F == 31", True, id="hexadecimal with zeros before it"),
        pytest.param("0xFFFFFFFFFFFFFFFF > 1", True, id="hexadecimal of 64 bits"),
        pytest.param("'a' + 1 == 'a1'", True, id="a text and a number"),
        pytest.param("'a' + 1.50 + true == 'a1.5true'", True, id="a text and anything"),
        pytest.param("true == 'true'", False, id="types count"),
        pytest.param("1 in (1, 2) && !('x' in ('y', 'z'))", True, id="in"),
        pytest.param("'a' in ('a')", True, id="in a list of one"),
        pytest.param("'abc' =~ '^a.c$' && 'abc' !~ 'x'", True, id="patterns"),
        pytest.param("true ? false : true", False, id="ternary"),
        pytest.param("false ? false : true", True, id="ternary, the other"),
        pytest.param("true || nope", True, id="short cut: or"),
        pytest.param("false && nope", False, id="short cut: and"),
        pytest.param("'2026-11-23' > '2026-11-22 23:59:59'", True, id="dates are times"),
        pytest.param("'2026-11-23T09:00:00+01:00' == '2026-11-23T08:00:00Z'", True, id="the same instant"),
        pytest.param("'it\\'s' == \"it's\"", True, id="a backslash takes the next character as it is"),
        pytest.param("'a\"b' == 'a\"b'", True, id="the other quote is only a character"),
        pytest.param("true == !false", True, id="a sign after a blank"),
        pytest.param("1.0 == 1", True, id="every number is a float"),
        pytest.param("(((true)))", True, id="parentheses"),
    ],
)
def test_value(text, expected):
    assert evaluate(text) is expected


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        pytest.param("1 + true == 2", "it is not a number", 2, id="types of a sum"),
        pytest.param("'a' < 1", "of the same type", 4, id="types of a comparison"),
        pytest.param("!1", "it is not a boolean", 0, id="not"),
        pytest.param("'abc' in 'abcdef'", "it is not a list", 6, id="in a text"),
        pytest.param("'a' =~ '('", "error parsing regexp", 4, id="a broken pattern"),
        pytest.param("1 ==-1", "put blanks between operators", 2, id="a run of symbols"),
        pytest.param("1 = 1", "'==' compares", 2, id="one equals sign"),
        pytest.param("hourly", "no parameter 'hourly'", 0, id="a bare word"),
        pytest.param("[a b] == 1", "no parameter 'a b'", 0, id="a bracketed name"),
        pytest.param("'x", "the string is not closed", 0, id="an open string"),
        pytest.param("(true", "unbalanced", 0, id="an open parenthesis"),
        pytest.param("true)", "unbalanced", 4, id="a closing parenthesis"),
        pytest.param("true false", "cannot stand after", 5, id="two values"),
        pytest.param("1 ==", "is incomplete", 4, id="half a comparison"),
        pytest.param("", "is incomplete", 0, id="nothing"),
        pytest.param("1 + 1", "must give true or false", 0, id="a number"),
        pytest.param("1..2 == 1", "is not a number", 0, id="a strange number"),
        pytest.param("1 < 0x1" + "0" * 16, "has more than 64 bits", 4, id="hexadecimal of 65 bits"),
        pytest.param("0x" + "f" * 4000 + " > 1", "has more than 64 bits", 0, id="hexadecimal without an end"),
        pytest.param("9" * 400 + " > 1", "is too large", 0, id="a number without an end"),
        pytest.param("(" * 101 + "true" + ")" * 101, "nested parentheses", 100, id="depth"),
        pytest.param(" " * 16_384 + "true", "longer than 16384", None, id="length"),
    ],
)
def test_error(text, said, position):
    with pytest.raises(ExpressionError) as raised:
        evaluate(text)
    assert said in raised.value.message
    assert raised.value.position == position


PIECES = """( ) , ? : ?? || && == != < <= > >= =~ !~ in & | ^ << >> + - * / % ** ! ~ 1 2.5 0 0x1f 'a' 'a+'
"b" true false '2026-01-02' x [y] ' " \\ """
pieces = st.sampled_from(PIECES.split())


@settings(max_examples=3_000, deadline=None)
@given(st.one_of(st.lists(pieces, max_size=14).map(" ".join), st.text(max_size=40)))
def test_any_text_gives_a_boolean_or_an_expression_error(text):
    with suppress(ExpressionError):
        assert evaluate(text) in (True, False)
