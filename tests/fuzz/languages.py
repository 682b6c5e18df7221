"""The languages that tenants write: any text over any payload is a value or an ExpressionError."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.fuzz.target import Target

from triggerfish import expressions
from triggerfish.cron.planning import conditions
from triggerfish.errors import ExpressionError
from triggerfish.expressions import metadata_environment, to_json
from triggerfish.hosts import WithGit, facts

VECTORS = Path(__file__).parent.parent / "vectors"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PUSH = json.loads((VECTORS / "push.json").read_text())
CRON = {
    "metadata": {"name": "hourly", "namespace": "argo", "labels": {"team": "data"}},
    "status": {"failed": 1, "lastScheduledTime": "2026-03-01T11:00:00Z"},
}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def expr(data: bytes) -> None:
    """A selector, an argument, a name: with sprig and its companions."""
    environment = metadata_environment(WithGit(PUSH))
    with suppress(ExpressionError):
        program = expressions.compile(_text(data), names=(*environment, "git"))
        to_json(program.evaluate(environment, now=NOW, seed=b"seed"))


def cel(data: bytes) -> None:
    """The same in CEL, whose results are plain JSON."""
    with suppress(ExpressionError):
        json.dumps(expressions.compile(_text(data), "cel").evaluate(WithGit(PUSH), now=NOW))


def when(data: bytes) -> None:
    """A template and what is left of it: true or false."""
    with suppress(ExpressionError):
        assert conditions.when(_text(data), CRON, now=NOW) in (True, False)


def git(data: bytes) -> None:
    """Any JSON is the payload of some host, or of none."""
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        return
    found = facts(payload, {})
    assert found is None or found["event"] in {
        "push",
        "tag",
        "pull_request",
        "comment",
        "release",
        "ping",
        "other",
    }


def _rows(name: str, every: int) -> Iterator[bytes]:
    for line in (VECTORS / name).read_text().split("\n")[::every]:
        if line:
            yield json.loads(line)["src"].encode() or b"\n"


def _expr() -> Iterator[bytes]:
    yield from _rows("expr.jsonl", 160)
    yield from _rows("sprig-more.jsonl", 30)


def _cel() -> Iterator[bytes]:
    yield b"payload.commits.exists(c, c.added.all(f, f.matches('^x')))"
    yield b"payload.json.parseJSON().k[2].z == null || 'a: [1]'.parseYAML().a.first() > 1.5"
    yield b"{'a': payload.ref.split('/').join('-').truncate(3u), 'b': metadata.match('x-many', 'b') ? 1 : 2}"
    yield b"timestamp('2026-03-01T12:00:00Z') - duration('90m') < timestamp('2026-03-01T12:00:00Z')"


def _payloads() -> Iterator[bytes]:
    for path in sorted((VECTORS.parent / "samples").glob("*/pull_request.http")):
        yield path.read_bytes().split(b"\n\n", 1)[1]


TARGETS = {
    "expr": Target(expr, _expr),
    "cel": Target(cel, _cel),
    "when": Target(when, lambda: _rows("when.jsonl", 2)),
    "git": Target(git, _payloads),
}
