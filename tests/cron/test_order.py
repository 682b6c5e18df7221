"""Namespaces take turns in a tick, and another begins each minute."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cron.planning.order import in_turns

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def crons(**namespaces):
    return [
        SimpleNamespace(namespace=name, name=n) for name, count in namespaces.items() for n in range(count)
    ]


def test_a_namespace_with_one_waits_for_one_of_each_other():
    order = in_turns(crons(crowd=1000, alone=1, pair=2), NOW)
    assert {cron.namespace for cron in order[:3]} == {"crowd", "alone", "pair"}


def test_another_begins_each_minute():
    first = [in_turns(crons(a=4, b=4, c=4), NOW + timedelta(minutes=m))[0] for m in range(12)]
    assert {cron.namespace for cron in first[:3]} == set("abc")
    assert len({(cron.namespace, cron.name) for cron in first}) > 3


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 20)), st.integers(0, 10_000))
def test_each_is_there_once(counts, minutes):
    given_ = crons(**counts)
    order = in_turns(given_, NOW + timedelta(minutes=minutes))
    assert sorted(map(id, order)) == sorted(map(id, given_))
