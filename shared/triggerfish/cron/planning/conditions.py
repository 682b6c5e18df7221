"""``when`` and ``stopStrategy``: may this run start, and has the CronWorkflow run for good?

Both are asked about one CronWorkflow as JSON, and see it as the variable ``cronworkflow``.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from triggerfish.cron.planning.when import evaluate
from triggerfish.cron.planning.when.lexer import SOURCE_LIMIT
from triggerfish.errors import ExpressionError
from triggerfish.expressions import Budget, Program, TooCostly, metadata_environment, to_json
from triggerfish.expressions import compile as compile_expression
from triggerfish.expressions.go.format import float_text
from triggerfish.expressions.go.layout import RFC3339, layout
from triggerfish.expressions.go.time import Time
from triggerfish.expressions.go.time_parsing import parse_time
from triggerfish.expressions.go.values import Texts
from triggerfish.expressions.limits import Failure

Json = Mapping[str, Any]

#: What all conditions of one CronWorkflow may do in a tick: a step is about 100 ns.
STEPS = 200_000
#: Compiling takes longer than evaluating: it costs this many steps for each character of source.
_COMPILING = 4
#: Of text that is only copied, 64 characters cost a step.
_CHARACTERS_SHIFT = 6
#: Of sources whose programs are kept; and what the smallest counts.
_KEPT_CHARACTERS, _OF_EACH = 400_000, 100


def tick_budget() -> Budget:
    """What all conditions of one CronWorkflow may cost in one tick."""
    return Budget(STEPS, "the conditions of a CronWorkflow in one tick")


def when(
    template: str,
    cron: Json,
    *,
    dialect: str = "expr",
    now: datetime | None = None,
    budget: Budget | None = None,
) -> bool:
    """Whether ``spec.when`` lets this run start; an empty one does. ExpressionError for a wrong one.

    ``TooCostly`` when the budget is used up; without one, each call has its own. In expr the template is
    filled in first (``{{name}}``, ``{{= expression }}``) and what remains is a small boolean language; in CEL
    it is one expression over ``cronworkflow``.
    """
    if not template.strip():
        return True
    budget = budget or tick_budget()
    variables = _variables(cron, budget)
    if dialect != "expr":
        return _boolean(template, dialect, _environment(variables, dialect), now, budget)
    budget.take(_COMPILING * len(template))
    return evaluate(_filled(template, variables, now, budget))


def stop(
    expression: str,
    cron: Json,
    *,
    dialect: str = "expr",
    now: datetime | None = None,
    budget: Budget | None = None,
) -> bool:
    """Whether ``stopStrategy.expression`` says to stop for good. ExpressionError for a wrong one."""
    budget = budget or tick_budget()
    return _boolean(expression, dialect, _environment(_variables(cron, budget), dialect), now, budget)


def stop_condition(
    condition: str, cron: Json, *, now: datetime | None = None, budget: Budget | None = None
) -> bool:
    """The same for ``stopStrategy.condition``, its older name: ``failed`` and ``succeeded`` stand bare."""
    budget = budget or tick_budget()
    variables = _variables(cron, budget)
    environment = {
        "cronworkflow": variables,
        "failed": variables["failed"],
        "succeeded": variables["succeeded"],
    }
    return _boolean(condition, "expr", environment, now, budget)


def _environment(variables: dict[str, Any], dialect: str) -> dict[str, Any]:
    """Make what an expression sees. In CEL the counts are ints; plain numbers would be doubles there."""
    if dialect == "cel":
        from triggerfish.expressions.cel.values import Exact  # the room is imported when it is used

        counts = {name: Exact(variables[name]) for name in ("failed", "succeeded")}
        variables = {**variables, **counts}
    return {"cronworkflow": variables}


def _boolean(
    source: str, dialect: str, environment: Mapping[str, Any], now: datetime | None, budget: Budget
) -> bool:
    budget.take(_COMPILING * len(source))
    program = _compiled(source, dialect, frozenset(environment))
    result = program.evaluate(environment, now=now, budget=budget)
    if not isinstance(result, bool):
        raise ExpressionError(f"the condition must give true or false, not {to_json(result)}", source, 0)
    return result


class _Programs:
    """Compiled expressions by their source, as many as ``_KEPT_CHARACTERS`` allow; the oldest leaves first.

    A program takes about fifty times as many bytes as its source has characters.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, frozenset[str]], Program] = OrderedDict()
        self.characters = 0

    def of(self, source: str, dialect: str, names: frozenset[str]) -> Program:
        key = source, dialect, names
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
            return found
        found = self._known[key] = compile_expression(source, dialect, names=names)
        self.characters += _weight(source)
        while self.characters > _KEPT_CHARACTERS:
            (oldest, *_), _ = self._known.popitem(last=False)
            self.characters -= _weight(oldest)
        return found


def _weight(source: str) -> int:
    return len(source) + _OF_EACH


_programs = _Programs()


def _compiled(source: str, dialect: str, names: frozenset[str]) -> Program:
    return _programs.of(source, dialect, names)


def _variables(cron: Json, budget: Budget) -> dict[str, Any]:
    """``cronworkflow`` as conditions see it. Its texts are written as JSON, which is paid for."""
    metadata, status = cron.get("metadata") or {}, cron.get("status") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    texts = sum(len(key) + len(text) for group in (labels, annotations) for key, text in group.items())
    budget.take(texts >> _CHARACTERS_SHIFT)
    return {
        "name": metadata.get("name", ""),
        "namespace": metadata.get("namespace", ""),
        "labels": Texts(labels),
        "annotations": Texts(annotations),
        "labels.json": to_json(labels),
        "annotations.json": to_json(annotations),
        "failed": status.get("failed") or 0,
        "succeeded": status.get("succeeded") or 0,
        "lastScheduledTime": _time(status.get("lastScheduledTime")),
    }


def _time(text: str | None) -> Any:
    if not text:
        return None
    try:
        return parse_time(RFC3339, text)
    except Failure:
        raise ExpressionError(f"status.lastScheduledTime is not a time: {text!r}") from None


# --- stage 1: the template ----------------------------------------------------------------------------------

_TAG = re.compile(r"\{\{(=?)(.*?)\}\}", re.DOTALL)


def _filled(template: str, variables: Mapping[str, Any], now: datetime | None, budget: Budget) -> str:
    """The template with its tags replaced by their texts.

    A text that lands between quotes is escaped there: a label that holds a quote cannot end the string.
    """
    out, place, quote, length = [], 0, "", 0
    for tag in _TAG.finditer(template):
        before = template[place : tag.start()]
        quote = _open_quote(before, quote)
        start = tag.start(2)
        if tag[1]:
            text = _result(template, tag[2], start, variables, now, budget)
        else:
            text = _named(template, tag, variables)
        length += len(before) + len(text)
        if length > SOURCE_LIMIT:
            raise ExpressionError(f"the condition is longer than {SOURCE_LIMIT} characters", template, start)
        out += [before, re.sub(rf"[\\{quote}]", r"\\\g<0>", text) if quote else text]
        place = tag.end()
    if (unclosed := template.find("{{", place)) >= 0:
        raise ExpressionError("'{{' has no '}}'", template, unclosed)
    return "".join([*out, template[place:]])


def _open_quote(text: str, quote: str) -> str:
    """The quote that is open after ``text``, when ``quote`` was before it; empty for none."""
    for match in re.finditer(r"\\.|['\"]", text, re.DOTALL):
        if match[0] == quote:
            quote = ""
        elif not quote and match[0] in "'\"":
            quote = match[0]
    return quote


def _named(template: str, tag: re.Match[str], variables: Mapping[str, Any]) -> str:
    name = tag[2].strip()
    value = _looked_up(name, variables)
    if value is None or isinstance(value, Mapping):
        known = ", ".join(f"cronworkflow.{key}" for key in variables)
        problem = "has no value" if name.startswith("cronworkflow.") else "is not known"
        raise ExpressionError(
            f"{{{{{name}}}}} {problem} here; the known names are {known}", template, tag.start(2)
        )
    # A form that reads as a date in the language of stage 2.
    return layout(value, RFC3339) if isinstance(value, Time) else _text(value)


def _looked_up(name: str, variables: Mapping[str, Any]) -> Any:
    root, _, path = name.partition(".")
    if root != "cronworkflow":
        return None
    if path in variables:
        return variables[path]
    # A label's own name may have dots.
    group, _, key = path.partition(".")
    found = variables.get(group)
    # One that is not there is the empty text, as it is in an expression.
    return found.get(key, "") if isinstance(found, Mapping) and key else None


def _result(
    template: str,
    source: str,
    start: int,
    variables: Mapping[str, Any],
    now: datetime | None,
    budget: Budget,
) -> str:
    environment = metadata_environment({"cronworkflow": variables})
    try:
        program = _compiled(source, "expr", frozenset(environment))
        value = program.evaluate(environment, now=now, budget=budget)
    except TooCostly:
        raise
    except ExpressionError as error:
        position = start if error.position is None else start + error.position
        raise ExpressionError(error.message, template, position) from None
    if value is None:
        raise ExpressionError("the expression gives nil", template, start)
    return _text(value)


def _text(value: Any) -> str:
    """The text of a result, as Go's ``%v`` prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, (bool, list, Mapping)):
        return to_json(value)
    return str(value)
