"""The annotation ``report`` of a binding: under which name the states of its runs stand on their commits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triggerfish import annotations as keys
from triggerfish.errors import SpecError, again
from triggerfish.events.environment import METADATA_NAMES, Environment, Event
from triggerfish.expressions import Budget, Program, to_json

Context = str | Program
"""A name as it is, or the expression that gives it."""

# A name becomes a row of a page, and a key of the hosts' databases.
longest_context = 100
_word = re.compile(r"[A-Za-z_]\w*")
_quotes = frozenset("\"'`")


@dataclass(frozen=True, slots=True)
class NoReport:
    """Why an event's runs are reported nowhere. ``quiet``: that is as it should be, and nobody is told."""

    reason: str
    quiet: bool = False


def is_expression(text: str) -> bool:
    """Return whether a text is meant as an expression: it has a quote, or one of the names of an event.

    ``ci/build`` is a name; ``"ci/" + git.branch`` and ``git.tag`` are expressions.
    """
    return bool(_quotes & set(text)) or any(word in METADATA_NAMES for word in _word.findall(text))


def parsed(text: Any, field: str, compiled: Callable[[str, str], Program]) -> Context | None:
    """Read the annotation; None without one. ``SpecError`` for what can be neither."""
    if text in (None, ""):
        return None
    if not isinstance(text, str):
        raise SpecError(field, "this is not a text", "write a name such as ci/build, or an expression")
    if is_expression(text):
        return compiled(field, text)
    if fault := fault_of(text):
        raise SpecError(field, fault, "write a short name, such as ci/build")
    return text


def context(
    report: Context | SpecError | None, event: Event, environment: Environment, now: datetime, budget: Budget
) -> str | None:
    """The name of the status of an event's runs, by the binding's annotation; None: they have none.

    ``SpecError`` and ``ExpressionError`` when nobody can say.
    """
    if isinstance(report, SpecError):
        raise again(report)
    if report is None or isinstance(report, str):
        return report
    value = report.evaluate(environment, now=now, seed=event.key, budget=budget)
    if value is None or value == "":
        return None
    if fault := fault_of(value):
        raise SpecError(f"annotation {keys.REPORT}", fault)
    return str(value)


def fault_of(name: Any) -> str:
    """What is wrong with the name of a status; empty when nothing is."""
    if not isinstance(name, str):
        return f"the name of a status is a text, not {to_json(name)[:40]}"
    if not name.strip() or not name.isprintable():
        return "the name of a status is one line, and not empty"
    if len(name) > longest_context:
        return f"the name of a status has no more than {longest_context} characters"
    return ""
