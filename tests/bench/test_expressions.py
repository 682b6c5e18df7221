"""Expressions: a compiled selector beside the same condition in Python, and what a hostile one can cost."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from tests.expressions import hostile_cel
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


CEL_SELECTOR = (
    "payload.message != '' && metadata['x-argo-e2e'] == ['true'] && discriminator == 'my-discriminator'"
)


def test_a_cel_selector_beside_a_lambda(fastest: Callable[..., float], record: Callable[..., None]) -> None:
    program = expressions.compile(CEL_SELECTOR, "cel", names=ENVIRONMENT.keys())
    same = lambda: condition(ENVIRONMENT)  # noqa: E731  the yardstick is a lambda
    assert program.evaluate(ENVIRONMENT) is same() is True
    ratios, detail = [], ""
    for _ in range(5):
        yardstick = fastest(same, number=500, repeat=20)
        ours = fastest(lambda: program.evaluate(ENVIRONMENT), number=500, repeat=20)
        ratios.append(ours / yardstick)
        detail = f"{ours * 1e9:.0f} ns, the lambda {yardstick * 1e9:.0f} ns"
    record("cel: selector / Python lambda", sorted(ratios)[2], "x", at_most=12, detail=detail)


def test_a_cel_selector_that_fails(fastest: Callable[..., float], record: Callable[..., None]) -> None:
    """A payload that it was not written for: the careful function is asked too."""
    program = expressions.compile("payload.pull_request.head.ref == 'x' || payload.message == ''", "cel")

    def fails() -> None:
        with contextlib.suppress(ExpressionError):
            program.evaluate(ENVIRONMENT)

    record("cel: a selector that fails", fastest(fails, number=100, repeat=20) * 1e6, "µs", at_most=100)


def test_compiling_a_cel_selector(fastest: Callable[..., float], record: Callable[..., None]) -> None:
    seconds = fastest(lambda: expressions.compile(CEL_SELECTOR, "cel"), number=10, repeat=60)
    record("cel: compile a selector", seconds * 1e6, "µs", at_most=300)


def test_the_first_use_of_cel(record: Callable[..., None]) -> None:
    """Processor time of the room's import, of its grammar's tables, and of the first selector."""
    code = (
        "import time; from triggerfish import expressions; start = time.process_time();"
        f"expressions.compile({CEL_SELECTOR!r}, 'cel').evaluate({ENVIRONMENT!r});"
        "print(time.process_time() - start)"
    )
    seconds = min(
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(7)
    )
    record("cel: first use", seconds * 1e3, "ms", at_most=60, detail="processor time")


def test_the_step_bound_of_cel(record: Callable[..., None]) -> None:
    """The longest that any of the hostile programs runs before a bound, or its end, stops it; in CPU time."""
    longest, worst, bounded = 0.0, "", 0
    for source in hostile_cel.PROGRAMS:
        try:
            program = expressions.compile(source, "cel")
        except ExpressionError:
            continue
        start = time.process_time()
        try:
            program.evaluate(PAYLOAD)
        except ExpressionError:
            bounded += 1
        taken = time.process_time() - start
        if taken > longest:
            longest, worst = taken, source
    assert bounded
    record("cel: longest evaluation", longest * 1e3, "ms", at_most=100, detail=worst[:60])
