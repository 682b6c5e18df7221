"""What a whole allowance takes in time, whichever function it is spent on: steps and costs mean time."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from triggerfish import expressions
from triggerfish.expressions import ExpressionError, metadata_environment
from triggerfish.expressions.callables import COST_LIMIT
from triggerfish.expressions.limits import STEPS
from triggerfish.expressions.run import ExpressionRun

VECTORS = Path(__file__).parent.parent / "vectors"
ENVIRONMENT = metadata_environment(json.loads((VECTORS / "push.json").read_text()))
NOW = datetime(2026, 11, 23, tzinfo=UTC)
CALLS = 200


def samples() -> Iterator[tuple[str, str]]:
    """An expression for each function, or for each set of functions that a recorded expression calls."""
    seen = set()
    for name in ("expr", "sprig", "sprig-more"):
        for line in (VECTORS / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            called = tuple(sorted(set(re.findall(r"((?:sprig\.)?\b[a-z]\w+)\(", row["src"]))))
            if "out" in row and len(called) in (1, 2) and called not in seen:
                seen.add(called)
                yield row["src"], " and ".join(called)


def whole_allowance(source: str) -> float | None:
    """Milliseconds of CPU that the whole of steps or costs would take on this expression."""
    program = expressions.compile(f"map(1..{CALLS}, [{source}])", names=ENVIRONMENT)
    best, used = float("inf"), 0.0
    for _ in range(3):
        run = ExpressionRun(NOW, b"")
        start = time.process_time()
        try:
            program._function(ENVIRONMENT, run)
        except ExpressionError:
            return None
        best = min(best, time.process_time() - start)
        used = max((STEPS - run.left) / STEPS, run.context().spent / COST_LIMIT)
    return best / used * 1e3


def test_steps_and_costs_mean_time(record: Callable[..., None]) -> None:
    found = sorted(
        (milliseconds, called)
        for source, called in samples()
        if (milliseconds := whole_allowance(source)) is not None
    )
    dearest, called = found[-1]
    usual = median([milliseconds for milliseconds, _ in found])
    detail = f"{called}; {len(found)} functions and pairs, the median {usual:.0f} ms"
    record("expr: a whole allowance at most", dearest, "ms", at_most=100, detail=detail)
