"""What a schedule costs: parsing its text, and asking a parsed one about a usual minute."""

from datetime import UTC, datetime, timedelta

import pytest

from triggerfish.cron.schedules import schedule

NOW = datetime(2026, 6, 17, 9, 41, 5, tzinfo=UTC)
LAST = NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 8-18 * * MON-FRI",
        "CRON_TZ=America/New_York 0 3 1 */3 *",
        "TZ=Australia/Lord_Howe 30 2 * * 0",
        "0 0 29 2 *",
        "@every 90s",
    ],
)
def test_a_usual_minute_is_decided_in_microseconds(text, record, fastest) -> None:
    parsed = schedule.parse(text)
    seconds = fastest(lambda: parsed.has_slot(LAST, NOW))
    record(f"has a slot in a minute: {text}", seconds * 1e6, "µs", at_most=10)


@pytest.mark.parametrize(
    "text", ["* * * * *", "1,2,3,10-40/7 */2 1-15,20 JAN-JUN,9 MON-FRI", "TZ=Europe/Berlin 0 3 * * *"]
)
def test_parsing_takes_microseconds(text, record, fastest) -> None:
    uncached = schedule._parse.__wrapped__
    seconds = fastest(lambda: uncached(text, "", False, "", None))
    record(f"parse: {text}", seconds * 1e6, "µs", at_most=100)
