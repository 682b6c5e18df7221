"""PURE. A bounded, redacted record of deliveries: who sent what and when, and what each binding made of it.

It holds names, reasons, numbers, and the conditions of selectors with short values: no more than that of a
payload and its headers, and no credential. It is kept in one ConfigMap a namespace, where RBAC already guards
it. Each process of the function writes a key of its own, so that no two overwrite each other: the value is
one JSON object a line, the newest last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from triggerfish import annotations as keys
from triggerfish.events import trees
from triggerfish.events.answer import EXISTING, NO_BINDING
from triggerfish.events.refusals import Refusal
from triggerfish.workflows.objects import Json

CONFIG_MAP = "triggerfish-deliveries"
LABEL_VALUE = "deliveries"

# A ConfigMap holds 1 MiB: this, and the refusals, leave room for some nine processes.
_most_bytes = 90_000
# So much of it for the deliveries themselves, so that the newest have their trees however many there are.
_most_bare_bytes = 60_000
_longest_text = 200
_most_facts = 20
_refused_suffix = ".refused"
# The year 9999 ends then, and with it what datetime and a browser can show.
_latest = 253_402_300_800
most_bindings = 20


@dataclass(frozen=True, slots=True)
class BindingVerdict:
    """What one binding made of it: ``reason`` is empty when it matched and its Workflow exists.

    ``tree`` is its selector, taken apart as ``trees.kept`` does; None when it cannot be. ``report`` says
    where its run is reported, or why nowhere; empty where nobody asked for that.
    """

    binding: str
    matched: bool
    reason: str = ""
    tree: Json | None = None
    report: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery. ``result``: ``created``, ``existing``, ``nothing`` (no match), ``skipped`` or ``failed``.

    ``more`` counts the bindings that are not among the ``verdicts``. ``facts`` are those that the host was
    asked for, and what came.
    """

    at: datetime
    id: str
    sender: str
    event: str
    result: str
    workflows: tuple[str, ...] = ()
    verdicts: tuple[BindingVerdict, ...] = ()
    more: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> Json:
        """A line of the record; texts are cut, and of many bindings those that matched come first."""
        first = sorted(self.verdicts, key=lambda verdict: not verdict.matched)[:most_bindings]
        return {
            "at": round(self.at.timestamp(), 3),
            "id": self.id[:_longest_text],
            "sender": self.sender,
            "event": self.event[:_longest_text],
            "result": self.result,
            "workflows": list(self.workflows[:most_bindings]),
            "bindings": [
                {
                    "name": verdict.binding,
                    "matched": verdict.matched,
                    "reason": verdict.reason[:_longest_text],
                    **({"tree": verdict.tree} if verdict.tree else {}),
                    **({"report": verdict.report[:_longest_text]} if verdict.report else {}),
                }
                for verdict in first
            ],
            "more": self.more + max(0, len(self.verdicts) - most_bindings),
            **({"facts": dict(self.facts)} if self.facts else {}),
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery as it is written: ``text`` with its trees where they have room, ``bare`` without them."""

    text: str
    bare: str


def line(record: Delivered) -> Line:
    """With all its trees."""
    whole = record.as_json()
    bare = whole | {"bindings": [_without_tree(binding) for binding in whole["bindings"]]}
    return Line(_compact(whole), _compact(bare))


def fitted(lines: Sequence[Line], *, limit: int) -> list[Line]:
    """The ``limit`` newest that are not too long together, oldest first; older ones go first.

    Trees have the room that is left, those of the newest first.
    """
    kept: list[Line] = []
    used = 0
    for each in reversed(lines[-limit:] if limit else ()):
        used += _size(each.bare) + 1
        if used > _most_bare_bytes:
            break
        kept.append(each)
    room = _most_bytes - min(used, _most_bare_bytes)
    for place, each in enumerate(kept):
        room -= _size(each.text) - _size(each.bare)
        if room < 0:
            kept[place] = Line(each.bare, each.bare)
    return kept[::-1]


def refusals(kept: Iterable[Refusal]) -> str:
    """The text of the key for what was refused; what each claims to be is cut."""
    return "\n".join(
        _compact(
            {
                "at": round(each.at.timestamp(), 3),
                "id": each.id[:_longest_text],
                "sender": each.sender,
                "event": each.event[:_longest_text],
                "result": each.result,
                "cause": each.cause.value,
                "reason": each.reason[:_longest_text],
                "workflows": [],
                "bindings": [],
                "more": 0,
            }
        )
        for each in kept
    )


def value(lines: Iterable[Line]) -> str:
    """The text of a ConfigMap's key."""
    return "\n".join(each.text for each in lines)


def _without_tree(binding: Json) -> Json:
    return {key: value for key, value in binding.items() if key != "tree"}


def _compact(record: Json) -> str:
    """In one line; of half a surrogate pair, which no request can carry, a question mark is left."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def _size(text: str) -> int:
    return len(text.encode())


def own_data(key: str, text: str, refused: str) -> dict[str, str]:
    """The keys of one process: its deliveries, and what it refused, if anything."""
    return {key: text} | ({key + _refused_suffix: refused} if refused else {})


def patch(own: Mapping[str, str], others: Mapping[str, str], now: datetime, retention: timedelta) -> Json:
    """A merge patch: our own keys, and away with those of processes silent for longer than ``retention``."""
    data: dict[str, str | None] = {
        other: None
        for other, lines in others.items()
        if other not in own and _newest(lines) < now - retention
    }
    data |= own
    return {"metadata": {"labels": {keys.RECORD: LABEL_VALUE}}, "data": data}


def config_map(namespace: str, own: Mapping[str, str]) -> Json:
    """The ConfigMap as it is first made."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "namespace": namespace, "labels": {keys.RECORD: LABEL_VALUE}},
        "data": dict(own),
    }


def read(namespace: str, data: Mapping[str, str] | None, *, since: datetime) -> list[Json]:
    """All records of a ConfigMap from ``since`` on, oldest first, each with its ``namespace`` and a ``key``.

    Anybody who may write the ConfigMap may have written anything: what is no record is left out.
    """
    found = []
    for owner, text in (data or {}).items():
        for line in text.split("\n"):
            record = _record(line)
            if record is not None and record["at"] >= since.timestamp():
                record = _clean(record)
                key = f"{namespace}/{owner}/{record['at']}/{record['id']}"
                found.append(record | {"namespace": namespace, "key": key})
    return sorted(found, key=lambda record: float(record["at"]))


def _record(line: str) -> Json | None:
    """Return what stands in a line, if that is a record at all."""
    try:
        record = json.loads(line) if line else None
        if isinstance(record, dict) and "\\ud" in line.lower():
            # Perhaps half a surrogate pair, which neither a terminal nor a browser is to be sent.
            record = json.loads(_compact(record))
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    match record:
        case {
            "at": int() | float() as at,
            "sender": str(),
            "event": str(),
            "result": str(),
            "bindings": list(),
        }:
            return record if 0 < at < _latest else None
        case _:
            return None


def _clean(record: Json) -> Json:
    """The record with what is written here and nothing else, and a ``reason`` in any case."""
    given = record.get("workflows")
    more = record.get("more")
    clean = {
        "at": record["at"],
        "id": str(record.get("id", "")),
        **{key: record[key] for key in ("sender", "event", "result")},
        "workflows": [text for text in given if isinstance(text, str)] if isinstance(given, list) else [],
        "bindings": [
            {"name": name, "matched": matched, "reason": reason}
            | ({"tree": tree} if (tree := trees.read(each.get("tree"))) else {})
            | (
                {"report": told[:_longest_text]}
                if isinstance(told := each.get("report"), str) and told
                else {}
            )
            for each in record["bindings"]
            if isinstance(each, dict)
            and isinstance(name := each.get("name"), str)
            and isinstance(matched := each.get("matched"), bool)
            and isinstance(reason := each.get("reason"), str)
        ],
        "more": more if isinstance(more, int) else 0,
        "reason": str(record.get("reason", "")),
        "cause": str(record.get("cause", "")),
        "facts": _texts(record.get("facts")),
    }
    return clean | {"reason": clean["reason"] or _reason(clean)}


def _texts(given: object) -> dict[str, str]:
    """The names and values of a map, of which some may be no texts."""
    if not isinstance(given, dict):
        return {}
    kept = ((name, value[:_longest_text]) for name, value in given.items() if isinstance(value, str))
    return dict(islice(kept, _most_facts))


def _reason(record: Json) -> str:
    """Return why nothing was made, by the bindings' reasons: those that matched come first."""
    if record["result"] == "created":
        return ""
    if record["result"] == "existing":
        return EXISTING
    said = sorted(record["bindings"], key=lambda binding: not binding["matched"])
    reasons = [f"{binding['name']}: {binding['reason']}" for binding in said if binding["reason"]]
    more = len(reasons) - 1 + record["more"]
    if not reasons:
        return "" if record["bindings"] else NO_BINDING
    return reasons[0] + (f" (and {more} more)" if more > 0 else "")


def _newest(text: str) -> datetime:
    ages = [record["at"] for line in text.split("\n") if (record := _record(line))]
    try:
        return datetime.fromtimestamp(max(ages, default=0), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
