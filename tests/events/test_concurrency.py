"""Runs of one key: the newest stays, or the first, in whatever order deliveries come."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.events.concurrency import (
    KeyedRun,
    KeyPolicy,
    in_the_way,
    occurred,
    run_of,
    seconds,
    stamp,
    surplus,
)


def run(name, received=0.0, *, finished=False, at=None):
    return KeyedRun(name, f"delivery-{name}", finished, received, at)


def ended(policy, runs, own):
    return {found.name for found in surplus(policy, runs, f"delivery-{own}")}


@pytest.mark.parametrize(
    ("runs", "own", "expected"),
    [
        pytest.param([run("a")], "a", set(), id="alone"),
        pytest.param([run("a", 1), run("b", 2)], "b", {"a"}, id="the newer ends the older"),
        pytest.param([run("a", 1), run("b", 2)], "a", {"a"}, id="the older asks again: not the newer"),
        pytest.param(
            [run("a", 1, finished=True), run("b", 2)], "a", set(), id="a redelivery of a finished one"
        ),
        pytest.param(
            [run("a", 1), run("b", 2, finished=True)], "a", {"a"}, id="the newer has finished already"
        ),
        pytest.param([run("a", 1), run("b", 2), run("c", 3)], "b", {"a", "b"}, id="three"),
        pytest.param(
            [run("a", 5, at=1.0), run("b", 4, at=2.0)], "a", {"a"}, id="late: occurred before, received after"
        ),
        pytest.param(
            [run("a", 5, at=1.0), run("b", 4)], "a", {"b"}, id="an event time that only one has counts not"
        ),
        pytest.param([run("a", 1), run("b", 1)], "a", {"a"}, id="same moment: the name decides"),
    ],
)
def test_replace_keeps_the_newest_only(runs, own, expected):
    assert ended(KeyPolicy.REPLACE, runs, own) == expected
    assert ended(KeyPolicy.REPLACE, runs[::-1], own) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.booleans(), st.none() | st.integers(0, 3)), min_size=1, max_size=6
    )
)
def test_replace_leaves_one_and_everyone_agrees_which(facts):
    runs = [
        run(f"w{n}", float(received), finished=finished, at=None if at is None else float(at))
        for n, (received, finished, at) in enumerate(facts)
    ]
    answers = {frozenset(ended(KeyPolicy.REPLACE, runs, f"w{n}")) for n in range(len(runs))}
    assert len(answers) == 1
    left = [found for found in runs if not found.finished and found.name not in next(iter(answers))]
    assert len(left) <= 1


@pytest.mark.parametrize(
    ("runs", "own", "blocker"),
    [
        pytest.param([], "b", None, id="free"),
        pytest.param([run("a")], "b", "a", id="another runs"),
        pytest.param([run("a", finished=True)], "b", None, id="another has finished"),
        pytest.param([run("a"), run("b")], "b", None, id="it runs already: a redelivery"),
    ],
)
def test_forbid_looks_before_it_starts(runs, own, blocker):
    found = in_the_way(KeyPolicy.FORBID, runs, f"delivery-{own}")
    assert (found and found.name) == blocker


def test_only_forbid_looks():
    assert in_the_way(KeyPolicy.REPLACE, [run("a")], "delivery-b") is None


@given(st.permutations([run("a", 1), run("b", 2), run("c", 2)]))
def test_forbid_leaves_the_first_of_those_that_met(runs):
    assert [ended(KeyPolicy.FORBID, runs, own) for own in "abc"] == [set(), {"b"}, {"c"}]


def test_a_stamped_workflow_is_read_back_as_its_run():
    workflow = {"metadata": {"name": "w", "labels": {}, "annotations": {"triggerfish.dev/delivery": "d"}}}
    received = datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)
    stamped = stamp(workflow, "key", received, 12.5)
    assert run_of(stamped) == KeyedRun("w", "d", False, received.timestamp(), 12.5)
    assert stamped["metadata"]["labels"] == {"triggerfish.dev/concurrency-key": "key"}


@pytest.mark.parametrize(
    "marks",
    [{"workflows.argoproj.io/completed": "true"}, {"workflows.argoproj.io/phase": "Failed"}],
)
def test_labels_say_that_a_run_has_finished(marks):
    assert run_of(
        {"metadata": {"name": "w", "labels": marks, "creationTimestamp": "2026-01-01T00:00:00Z"}}
    ).finished


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param({"repository": {"pushed_at": 1700000000}}, 1700000000.0, id="a push to GitHub"),
        pytest.param(
            {"pull_request": {"updated_at": "2026-01-01T00:00:00Z"}}, 1767225600.0, id="a pull request"
        ),
        pytest.param(
            {"object_attributes": {"updated_at": "2026-01-01 00:00:00 UTC"}},
            1767225600.0,
            id="a merge request",
        ),
        pytest.param(
            {"head_commit": {"timestamp": "2026-01-01T00:00:00Z"}}, None, id="a commit's time is no event's"
        ),
        pytest.param({"repository": "text"}, None, id="another shape"),
        pytest.param([], None, id="a list"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_when_an_event_occurred(payload, expected):
    assert occurred(payload) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7.0),
        ("7.5", 7.5),
        (True, None),
        ("nan", None),
        (float("inf"), None),
        ("x", None),
        ([], None),
        ("2026-01-01T00:00:00+01:00", 1767222000.0),
        ("2026-01-01T00:00:00", 1767225600.0),
    ],
)
def test_numbers_and_times_become_seconds(value, expected):
    assert seconds(value) == expected
