"""What a pass does, for any runs: a commit's newest is told, no older one ever; nothing rests too soon."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.hosts.api.values import State
from triggerfish.hosts.reports.intent import Intent, SealedIntent
from triggerfish.hosts.reports.planning import (
    MOST_CHECKS,
    MOST_POSTS,
    is_quiet,
    places,
    plan,
    settle_seconds,
)
from triggerfish.hosts.reports.progress import FINAL, Mark, ReportedRun, Stage

NOW, SETTLE = 10_000.0, 55.0
PHASES = ("", "Pending", "Running", "Succeeded", "Failed", "Error")


def run(
    name="run", *, sha="1a", phase="Running", created=100.0, told=None, at=0.0, by="", deleted=None, **more
):
    """One run; ``told`` is the state that was posted ``at`` that time, or ``by`` names who superseded it."""
    mark = Mark(told, at, by) if told or by else None
    sealed = SealedIntent(Intent("github", more.pop("credential", "ci"), "org/app", sha, "ci/build"), "seal")
    stage = Stage.of(told) if told else Stage.PENDING
    gave_way = more.pop("gave_way", "")
    return ReportedRun(
        "team", name, f"uid-{name}", "1", sealed, stage, mark, phase, created, deleted, gave_way, True, ()
    )


def planned(*runs, now=NOW, settle=SETTLE):
    return plan(places(runs).values(), now, settle)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        pytest.param(run(phase=""), State.PENDING, id="not seen yet"),
        pytest.param(run(phase="Pending"), State.PENDING, id="pending"),
        pytest.param(run(phase="Running"), State.RUNNING, id="running"),
        pytest.param(run(phase="Succeeded"), State.SUCCESS, id="succeeded"),
        pytest.param(run(phase="Failed"), State.FAILURE, id="failed"),
        pytest.param(run(phase="Error"), State.ERROR, id="error"),
        pytest.param(run(phase="Failed", gave_way="new"), State.CANCELED, id="gave way"),
        pytest.param(run(phase="Running", gave_way="new"), State.RUNNING, id="gives way, and still runs"),
        pytest.param(run(phase="Succeeded", gave_way="new"), State.SUCCESS, id="gave way too late"),
        pytest.param(run(phase="Running", deleted=1.0), State.CANCELED, id="deleted while it ran"),
        pytest.param(run(phase="Succeeded", deleted=1.0), State.SUCCESS, id="outlived its time"),
    ],
)
def test_the_state_of_a_run(one, state):
    assert one.state is state
    (post,) = planned(one).posts
    assert post.run is one


@pytest.mark.parametrize(
    ("phase", "told", "posts"),
    [
        pytest.param("Running", State.RUNNING, 0, id="as it was told"),
        pytest.param("Running", State.PENDING, 1, id="it has begun"),
        pytest.param("Succeeded", State.RUNNING, 1, id="it has ended"),
        pytest.param("Failed", State.CANCELED, 0, id="only the whole Workflow says that it was stopped"),
        pytest.param("Succeeded", State.FAILURE, 1, id="it was retried, and went well"),
        pytest.param("Running", State.FAILURE, 1, id="it was retried"),
        pytest.param("Failed", State.SUCCESS, 1, id="it was retried, and failed"),
    ],
)
def test_when_there_is_something_to_tell(phase, told, posts):
    assert len(planned(run(phase=phase, told=told)).posts) == posts


def test_the_newest_run_is_the_one_that_was_created_last():
    old, new = run("z-old", created=1.0), run("a-new", created=2.0)
    for runs in ((old, new), (new, old)):
        made = planned(*runs)
        assert [post.run for post in made.posts] == [new]
        assert [(step.run, step.by) for step in made.superseded] == [(old, "a-new")]


def test_of_one_credential_no_more_than_its_share_the_final_ones_first():
    runs = [run(f"r-{n}", sha=f"{n:04x}", phase="Running") for n in range(80)]
    runs += [run(f"e-{n}", sha=f"e{n:04x}", phase="Succeeded") for n in range(50)]
    runs += [run(f"p-{n}", sha=f"p{n:04x}", phase="") for n in range(30)]
    others = [run(f"o-{n}", sha=f"o{n:04x}", phase="", credential="other") for n in range(5)]
    made = planned(*runs, *others)
    own = [post.run.state for post in made.posts if post.run.intent.credential == "ci"]
    assert (len(own), own[:50]) == (MOST_POSTS, [State.SUCCESS] * 50)
    assert set(own[50:]) == {State.RUNNING}
    assert (len(made.posts) - len(own), made.left) == (5, 100)


def test_of_one_credential_no_more_statuses_are_read_than_its_share():
    runs = [run(f"e-{n}", sha=f"{n:04x}", phase="Succeeded", told=State.SUCCESS) for n in range(100)]
    made = planned(*runs)
    assert (len(made.checks), made.left) == (MOST_CHECKS, 40)


def test_what_has_no_room_is_not_the_same_each_minute():
    runs = [run(f"r-{n}", sha=f"{n:04x}", phase="Succeeded") for n in range(200)]
    told = {post.run.name for minute in range(20) for post in planned(*runs, now=NOW + 60 * minute).posts}
    assert len(told) == 200


@pytest.mark.parametrize(("deadline", "seconds"), [(50, 55), (1, 35), (3600, 3605)])
def test_how_long_another_may_still_post(deadline, seconds):
    assert settle_seconds(deadline) == seconds


_marks = st.one_of(
    st.none(),
    st.builds(Mark, st.sampled_from(State), st.sampled_from([NOW - 100, NOW - 30])),
    st.builds(Mark, st.none(), st.sampled_from([NOW - 100, NOW - 30]), st.just("newer")),
)


@st.composite
def _runs(draw):
    number = draw(st.integers(1, 6))
    found = []
    for index in range(number):
        one = run(
            f"run-{index}",
            sha=draw(st.sampled_from(["1a", "2b"])),
            phase=draw(st.sampled_from(PHASES)),
            created=float(draw(st.integers(0, 3))),
            deleted=draw(st.sampled_from([None, None, 5.0])),
        )
        mark = draw(_marks)
        stage = (
            Stage.of(mark.state)
            if mark and mark.state
            else draw(st.sampled_from([Stage.PENDING, Stage.RUNNING]))
        )
        found.append(replace(one, mark=mark, stage=stage))
    return found


@given(_runs())
def test_for_any_runs(runs):
    made = planned(*runs)
    resting = [*made.resting, *(each for check in made.checks for each in check.resting)]
    for _, group in places(runs).items():
        newest, older = group[-1], group[:-1]
        posted = [post.run for post in made.posts if post.run in group]
        # Only the newest is ever told, and never once a newer one has been in its stead.
        assert posted == ([] if newest.reported or newest.is_superseded else [newest])
        assert [check.run for check in made.checks if check.run in group] in ([], [newest])
        for each in older:
            assert each.is_superseded or any(step.run is each for step in made.superseded)
            # An older run rests only where the newest one's status was seen to stand.
            assert (
                each not in resting
                or newest.is_superseded
                or any(each in check.resting for check in made.checks)
            )
        # The newest stays listed as long as an older one is open: else that one would be the newest.
        assert not (older and newest in resting and not newest.is_superseded)
    for each in resting:
        assert each.mark is not None
        assert NOW - each.mark.at >= SETTLE
        assert each.is_superseded or each.state in FINAL


@given(_runs())
def test_a_place_that_is_quiet_needs_nothing(runs):
    for group in places(runs).values():
        made = plan([group], NOW, SETTLE)
        if is_quiet(group):
            assert (made.posts, made.checks, made.superseded, made.resting) == ((), (), (), ())
