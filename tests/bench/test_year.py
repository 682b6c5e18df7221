"""A year of ticks for fifty CronWorkflows by the pure core, equal to the plain reference of the tests.

Of the ticks at which nothing is due and no run ends, some are made, by chance; all others are made. The
schedules are those of the week in tests/cron/test_week.py, the dense ones thinned out.
"""

import heapq
import random
import time
from dataclasses import replace
from datetime import UTC, datetime

from tests.support.week import LATE, MINUTE, Planned, Reference, cases, slot_minutes

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 365 * 24 * 60
IDLE = 1000
SPARSER = {
    "* * * * *": "11 */4 * * *",
    "*/5 * * * *": "*/45 */6 * * *",
    "*/15 8-18 * * 1-5": "*/15 8-9 * * 1-5",
    "0 * * * *": "0 */3 * * *",
    "7 */2 * * *": "7 */8 * * *",
    "3-59/7 * * * *": "3-59/28 */8 * * *",
}


def test_a_year(record) -> None:
    chance = random.Random(2026)
    plans, spent, started = 0, 0.0, 0
    for dense in cases(START):
        case = replace(dense, schedules=tuple(SPARSER.get(text, text) for text in dense.schedules))
        planned, reference = Planned(case, START), Reference(case)
        due = slot_minutes(case, START, MINUTES) | set(chance.sample(range(MINUTES), IDLE))
        due |= {int((at - START) / MINUTE) + 1 for at, _ in case.edits}
        waiting, last = sorted(due), -1
        while waiting and (minute := heapq.heappop(waiting)) < MINUTES:
            if minute == last:
                continue
            last, now = minute, START + minute * MINUTE + LATE
            begin = time.perf_counter()
            did = planned.tick(now)
            spent += time.perf_counter() - begin
            assert did == reference.tick(now), (case.name, now)
            started += len(did.started)
            for at, _ in (*planned.ends.values(), *reference.running.values()):
                heapq.heappush(waiting, -int((START + LATE - at) // MINUTE))
        plans += planned.plans
    assert started > 50_000
    detail = f"{started} started, {plans} plans"
    record("a year of 50 CronWorkflows: one plan, carried out", spent / plans * 1e6, "µs", detail=detail)
