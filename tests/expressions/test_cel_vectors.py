"""What cel-go answers over push.json, row by row, with its extensions for texts, lists, sets and so on.

``out`` is the JSON of the result, ``err`` the stage that failed: compile or run.
"""

import json
import re
from pathlib import Path
from typing import Any

from tests.expressions.test_vectors import rows, same

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, to_json

ENVIRONMENT = json.loads((Path(__file__).parent.parent / "vectors" / "push.json").read_text())
ENVIRONMENT["event"] = ENVIRONMENT
ROWS = rows("cel.jsonl")

#: cel-go's checker refuses to compare two kinds when it knows them; here they are not equal. It is the one
#: kind of error that has an answer here: docs/differences.md.
ANSWERED = re.compile(r"found no matching overload for '(_==_|_!=_|@in)'")


def answer(source: str) -> Any:
    """The value as a reader of its JSON sees it."""
    value = expressions.compile(source, "cel", names=ENVIRONMENT.keys()).evaluate(ENVIRONMENT)
    return json.loads(to_json(value))


def test_every_result_is_equal() -> None:
    wrong = []
    for row in ROWS:
        if "err" in row:
            continue
        try:
            ours = answer(row["src"])
        except ExpressionError as error:
            wrong.append(f"{row['src']}\n  wanted {row['out']!r}\n  raised {error}")
            continue
        if not same(ours, row["out"]):
            wrong.append(f"{row['src']}\n  wanted {row['out']!r}\n  is     {ours!r}")
    assert not wrong, "\n".join(wrong)


def test_every_error_is_one_but_for_kinds_that_are_compared() -> None:
    wrong, answered, errors = [], 0, 0
    for row in ROWS:
        if "err" not in row:
            continue
        errors += 1
        try:
            ours = answer(row["src"])
        except ExpressionError as error:
            if error.message.startswith("internal error"):
                wrong.append(f"{row['src']}\n  {error}")
            continue
        answered += 1
        if not ANSWERED.search(row["msg"]):
            wrong.append(f"{row['src']}\n  wanted {row['msg']}\n  is     {ours!r}")
    assert not wrong, "\n".join(wrong)
    assert answered <= errors * 0.05
