"""Every builtin of expr, a line each: what it takes, what comes of it, the file that does it, what it costs.

The parser, the checker and the compiler know of builtins what stands here. A builtin of ``FUNCTIONS`` is
done by the function that ``builtins/<family>.py`` declares under its name, one of ``LOOPS`` by a function of
``evaluation.loops``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from triggerfish.expressions.builtins.arguments import (
    LISTS,
    MAPS,
    NUMBERS,
    Check,
    date_arguments,
    element,
    first,
    get_arguments,
    now_arguments,
    number_arguments,
    takes,
    typed,
)
from triggerfish.expressions.natures import (
    ANYMAP,
    ARRAY,
    BOOL,
    DURATION,
    FLOAT,
    INT,
    JSON,
    LOCATION,
    STRING,
    STRINGS,
    UNKNOWN,
)

Content = Literal["", "first", "all", "own", "read"]


@dataclass(frozen=True, slots=True)
class Signature:
    """A builtin that takes values.

    ``cost`` is what a call takes in steps (of 100 ns), beside those that the function asks for because its
    arguments or its result are long; a call of 1 µs or less has none of its own.

    ``content`` says which arguments come out again, so that numbers of JSON in them stay what they are:
    ``first``, those of the first argument (``reverse``); ``all``, those of all (``concat``), made the
    expression's own when one of them already is; ``own``, they are made its own; ``read``, JSON is read
    (``fromJSON``); empty, none. ``tells``: the function is told by a last argument whether its first one
    holds numbers of JSON (``type``).
    """

    name: str
    family: str
    check: Check
    cost: int = 0
    content: Content = ""
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """A builtin that takes a closure: ``wanted`` are its arguments, of which ``required`` must be there.

    ``runs`` is the function of ``evaluation.loops``; ``turn`` is what an element costs in steps, beside the
    closure. ``keeps``: elements come out again; where they do not, and the closure does not ask for them
    either, a map is gone over as well.
    """

    name: str
    runs: str
    required: int = 2
    turn: int = 0
    keeps: bool = False
    wanted: tuple[str, ...] = ("value", "closure")


_INTEGERS = ("int", "duration", "month", "weekday")
_SORTS = ((ARRAY, STRING), (STRINGS, STRING), (ARRAY,), (STRINGS,))

_FUNCTIONS = (
    Signature("len", "numbers", takes(1, 1, INT, (*LISTS, *MAPS, "string"))),
    Signature("type", "numbers", typed(STRING, (UNKNOWN,)), tells=True),
    Signature("abs", "numbers", takes(1, 1, first, NUMBERS), content="first"),
    Signature("ceil", "numbers", takes(1, 1, FLOAT, NUMBERS)),
    Signature("floor", "numbers", takes(1, 1, FLOAT, NUMBERS)),
    Signature("round", "numbers", takes(1, 1, FLOAT, NUMBERS)),
    Signature("int", "numbers", takes(1, 1, INT, (*NUMBERS, "string"))),
    Signature("float", "numbers", takes(1, 1, FLOAT, (*NUMBERS, "string"))),
    Signature("string", "numbers", typed(STRING, (UNKNOWN,))),
    Signature("max", "aggregates", number_arguments, content="all"),
    Signature("min", "aggregates", number_arguments, content="all"),
    Signature("mean", "aggregates", number_arguments),
    Signature("median", "aggregates", number_arguments),
    Signature("bitand", "bits", typed(INT, (INT, INT))),
    Signature("bitor", "bits", typed(INT, (INT, INT))),
    Signature("bitxor", "bits", typed(INT, (INT, INT))),
    Signature("bitnand", "bits", typed(INT, (INT, INT))),
    Signature("bitshl", "bits", typed(INT, (INT, INT))),
    Signature("bitshr", "bits", typed(INT, (INT, INT))),
    Signature("bitushr", "bits", typed(INT, (INT, INT))),
    Signature("bitnot", "bits", typed(INT, (INT,))),
    Signature("trim", "strings", typed(STRING, (STRING,), (STRING, STRING))),
    Signature("trimPrefix", "strings", typed(STRING, (STRING, STRING), (STRING,))),
    Signature("trimSuffix", "strings", typed(STRING, (STRING, STRING), (STRING,))),
    Signature("upper", "strings", typed(STRING, (STRING,))),
    Signature("lower", "strings", typed(STRING, (STRING,))),
    Signature("split", "strings", typed(STRINGS, (STRING, STRING), (STRING, STRING, INT))),
    Signature("splitAfter", "strings", typed(STRINGS, (STRING, STRING), (STRING, STRING, INT))),
    Signature("replace", "strings", typed(STRING, (STRING, STRING, STRING, INT), (STRING, STRING, STRING))),
    Signature("repeat", "strings", typed(STRING, (STRING, INT))),
    Signature("join", "strings", typed(STRING, (STRINGS, STRING), (ARRAY, STRING), (ARRAY,), (STRINGS,))),
    Signature("indexOf", "strings", typed(INT, (STRING, STRING))),
    Signature("lastIndexOf", "strings", typed(INT, (STRING, STRING))),
    Signature("hasPrefix", "strings", typed(BOOL, (STRING, STRING))),
    Signature("hasSuffix", "strings", typed(BOOL, (STRING, STRING))),
    Signature("toJSON", "encoding", typed(STRING, (UNKNOWN,))),
    Signature("fromJSON", "encoding", typed(JSON, (STRING,)), content="read"),
    Signature("toBase64", "encoding", typed(STRING, (STRING,))),
    Signature("fromBase64", "encoding", typed(STRING, (STRING,))),
    Signature("now", "dates", now_arguments, cost=15),
    Signature("date", "dates", date_arguments, cost=300),
    Signature("duration", "dates", typed(DURATION, (STRING,)), cost=10),
    Signature("timezone", "dates", typed(LOCATION, (STRING,)), cost=100),
    Signature("first", "lists", takes(1, 1, element, LISTS), content="first"),
    Signature("last", "lists", takes(1, 1, element, LISTS), content="first"),
    Signature("take", "lists", takes(2, 2, first, LISTS, _INTEGERS), content="first"),
    Signature("reverse", "lists", takes(1, 1, ARRAY, LISTS), content="first"),
    Signature("concat", "lists", takes(1, 1000, ARRAY, LISTS), content="all"),
    Signature("flatten", "lists", takes(1, 1, ARRAY, LISTS), content="first"),
    Signature("uniq", "lists", takes(1, 1, ARRAY, LISTS), content="first"),
    Signature("sort", "lists", typed(ARRAY, *_SORTS), content="first"),
    Signature("keys", "maps", takes(1, 1, ARRAY, MAPS)),
    Signature("values", "maps", takes(1, 1, ARRAY, MAPS), content="first"),
    Signature("toPairs", "maps", takes(1, 1, ARRAY, MAPS), content="first"),
    Signature("fromPairs", "maps", takes(1, 1, ANYMAP, LISTS), content="own"),
    Signature("get", "maps", get_arguments, content="first"),
)

_LOOPS = (
    Loop("all", "every"),
    Loop("none", "none"),
    Loop("any", "some"),
    Loop("one", "one"),
    Loop("filter", "keep", keeps=True),
    Loop("map", "each_with_index"),
    Loop("count", "count", required=1),
    Loop("sum", "total", required=1, turn=6),
    Loop("find", "find", keeps=True),
    Loop("findIndex", "find_index"),
    Loop("findLast", "find_last", keeps=True),
    Loop("findLastIndex", "find_last_index"),
    Loop("groupBy", "group", turn=10, keeps=True),
    Loop("sortBy", "sort_by", turn=5, keeps=True, wanted=("value", "closure", "value")),
    Loop("reduce", "reduce", turn=2, wanted=("value", "closure", "value")),
)

FUNCTIONS = {builtin.name: builtin for builtin in _FUNCTIONS}
"""The builtins that take values, by name."""
LOOPS = {loop.name: loop for loop in _LOOPS}
"""The builtins that take a closure, by name; the compiler makes calls of ``evaluation.loops`` of them."""
NAMES = frozenset(FUNCTIONS) | frozenset(LOOPS)
"""Every name that is a builtin's."""
