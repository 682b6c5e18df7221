"""Expressions: a compiled selector beside the same condition in Python, and what a hostile one can cost."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tests.expressions.hostile import PAYLOAD, PROGRAMS

from triggerfish import expressions
from triggerfish.expressions import ExpressionError

SELECTOR = (
    'payload.message != "" && metadata["x-argo-e2e"] == ["true"] && discriminator == "my-discriminator"'
)
ENVIRONMENT = {
    "namespace": "default",
    "discriminator": "my-discriminator",
    "metadata": {"x-argo-e2e": ["true"]},
    "payload": {"message": "hello events"},
}


def condition(env: dict) -> bool:
    return (
        env["payload"]["message"] != ""
        and env["metadata"]["x-argo-e2e"] == ["true"]
        and env["discriminator"] == "my-discriminator"
    )


def test_a_selector_beside_a_lambda(fastest: Callable[..., float], record: Callable[..., None]) -> None:
    program = expressions.compile(SELECTOR, names=ENVIRONMENT.keys())
    same = lambda: condition(ENVIRONMENT)  # noqa: E731  the yardstick is a lambda
    assert program.evaluate(ENVIRONMENT) is same() is True
    ratios, detail = [], ""
    for _ in range(5):
        # Side by side, so that a busy machine slows both.
        yardstick = fastest(same, number=500, repeat=20)
        ours = fastest(lambda: program.evaluate(ENVIRONMENT), number=500, repeat=20)
        ratios.append(ours / yardstick)
        detail = f"{ours * 1e9:.0f} ns, the lambda {yardstick * 1e9:.0f} ns"
    record("expr: selector / Python lambda", sorted(ratios)[2], "x", at_most=6, detail=detail)


def test_a_thousand_selectors_and_one_payload(
    fastest: Callable[..., float], record: Callable[..., None]
) -> None:
    commits = [{"id": str(i) * 40, "message": "m" * 60, "added": [f"src/{i}.py"]} for i in range(110)]
    payload = {"ref": "refs/heads/main", "repository": {"name": "web", "id": 7}, "commits": commits}
    environment = {**ENVIRONMENT, "payload": payload}
    size = len(json.dumps(payload))
    programs = [
        expressions.compile(
            f'payload.ref == "refs/heads/main" && payload.repository.name == "repository-{i}"'
            f' && discriminator == "d{i}"'
        )
        for i in range(1_000)
    ]

    def all_of_them() -> int:
        return sum([program.evaluate(environment) for program in programs])

    assert all_of_them() == 0
    seconds = fastest(all_of_them, number=3, repeat=20)
    record("expr: 1,000 selectors", seconds * 1e3, "ms", at_most=2, detail=f"one payload of {size} bytes")


def test_compiling_a_selector(fastest: Callable[..., float], record: Callable[..., None]) -> None:
    seconds = fastest(lambda: expressions.compile(SELECTOR), number=10, repeat=60)
    record("expr: compile a selector", seconds * 1e6, "µs", at_most=300)


def test_the_step_bound(record: Callable[..., None]) -> None:
    """The longest that any of the hostile programs runs before a bound, or its end, stops it; in CPU time."""
    now, longest, worst, bounded = datetime(2026, 11, 23, tzinfo=UTC), 0.0, "", 0
    for source in PROGRAMS:
        try:
            program = expressions.compile(source)
        except ExpressionError:
            continue
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            try:
                program.evaluate(PAYLOAD, now=now)
            except ExpressionError:
                bounded += 1
            best = min(best, time.process_time() - start)
            if best < longest:
                break
        if best > longest:
            longest, worst = best, source
    assert bounded
    record("expr: longest evaluation", longest * 1e3, "ms", at_most=50, detail=worst[:60])
