"""What the console takes from the loop that serves deliveries: the longest piece of work without a pause."""

from datetime import UTC, datetime, timedelta

import orjson

from triggerfish.console.timeline import Window, lane, slots
from triggerfish.cron.manifest.cron_workflow import CronWorkflow, Rules
from triggerfish.queries.schedules import row

NOW = datetime(2026, 11, 23, 12, 30, 10, tzinfo=UTC)


def body(number: int, schedule: str) -> dict:
    return {
        "metadata": {
            "namespace": "default",
            "name": f"schedule-{number:04}",
            "uid": f"u{number}",
            "resourceVersion": "7",
            "creationTimestamp": "2026-11-01T00:00:00Z",
        },
        "spec": {
            "schedules": [schedule],
            "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
        },
    }


def test_a_page_of_the_list(record, fastest) -> None:
    page = orjson.dumps({"items": [body(number, "0 * * * *") for number in range(500)]})
    seconds = fastest(lambda: [row(each) for each in orjson.loads(page)["items"]], number=5)
    record("console: a page of 500 CronWorkflows", seconds * 1e3, "ms", at_most=25)


def test_five_thousand_rows_are_sent(record, fastest) -> None:
    rows = [row(body(number, "0 * * * *")) for number in range(5000)]

    def sent() -> bytes:
        return orjson.dumps({"schedules": sorted(rows, key=lambda each: each["id"])})

    record("console: 5,000 rows sorted and sent", fastest(sent, number=5) * 1e3, "ms", at_most=25)


def test_a_lane(record, fastest) -> None:
    cron = CronWorkflow.of(body(1, "* * * * *"), Rules())
    seconds = fastest(lambda: lane(cron, [], Window(NOW)), number=20)
    record("console: a lane of every minute", seconds * 1e3, "ms", at_most=25)


def test_the_slots_of_two_days(record, fastest) -> None:
    cron = CronWorkflow.of(body(1, "* * * * *"), Rules())
    seconds = fastest(lambda: slots(cron, [], Window(NOW, timedelta(hours=24))), number=5)
    record("console: the slots of two days of every minute", seconds * 1e3, "ms", at_most=50)
