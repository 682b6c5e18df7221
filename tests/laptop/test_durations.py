"""Spans of time as `dev advance` and the annotation `triggerfish.dev/simulate` take them."""

from datetime import timedelta

import pytest

from triggerfish_laptop.cluster.durations import span


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("1.5s", timedelta(seconds=1.5)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("2w", timedelta(weeks=2)),
        ("-5m", timedelta(minutes=-5)),
        ("soon", None),
        ("", None),
        ("90", None),
    ],
)
def test_a_span_is_read(text, found):
    assert span(text) == found
