"""What an event would do to a binding with commands, with the host's answers from a file."""

import json

import pytest
from tests.events.test_plan import NOW, binding
from tests.support.hosted import A, comment, pull_request

from triggerfish.events.commands import Turn
from triggerfish.events.environment import Event
from triggerfish.events.given import given
from triggerfish.events.match import match
from triggerfish.events.rehearsal import rehearsed
from triggerfish.workflows.labels import Creator

RIGHTS = {"permission": {"mona": "write", "max": "read"}}
PULL = {"sha": A, "branch": "topic", "base": "main", "fork": True, "author": "max"}
OWN = {**PULL, "fork": False}
FORK = pull_request(source="stranger/app", by="max", sender="max")


def tried(payload, selector='git.event == "pull_request"', commands="retest, cancel, ok-to-test", **pull):
    event = Event("ns", "", payload, {}, Creator(), b"k" * 32, repeatable=True, received=NOW)
    bound = binding(selector, annotations={"triggerfish.dev/commands": commands} if commands else None)
    answers = RIGHTS | ({"pull_request": pull} if pull else {})
    found = rehearsed(bound, event, given(json.dumps(answers), "--facts"))
    return found, bool(match([found.binding], found.names, NOW, event.key).matched)


@pytest.mark.parametrize(
    ("payload", "pull", "turn", "reason"),
    [
        pytest.param(pull_request(), {}, Turn.RUN, "", id="a branch of the repository"),
        pytest.param(FORK, {}, Turn.HOLD, f"waiting for /ok-to-test {A}", id="a stranger's"),
        pytest.param(comment("/retest"), OWN, Turn.RUN, "", id="retest"),
        pytest.param(comment("/retest", "max"), OWN, Turn.REFUSE, "max has read", id="retest by a reader"),
        pytest.param(
            comment("/retest"), PULL, Turn.HOLD, f"waiting for /ok-to-test {A}", id="retest of a fork's"
        ),
        pytest.param(comment(f"/ok-to-test {A}"), PULL, Turn.RUN, "", id="ok"),
        pytest.param(comment("/ok-to-test x"), PULL, Turn.REFUSE, "names x, and the head", id="another"),
        pytest.param(comment("/cancel"), PULL, Turn.CANCEL, "/cancel ends its unfinished runs", id="cancel"),
        pytest.param(comment("/retest"), OWN | {"open": False}, Turn.REFUSE, "is for open", id="closed"),
        pytest.param(comment("/retest"), {}, Turn.REFUSE, "the pull request is not known", id="nobody knows"),
    ],
)
def test_what_would_become_of_it(payload, pull, turn, reason):
    found, matched = tried(payload, **pull)
    assert (found.ruling.turn, matched) == (turn, True)
    assert reason in found.ruling.reason
    assert found.waits is (turn is not Turn.RUN)


def test_the_selector_judges_the_pull_request():
    assert tried(comment("/retest"), 'git.base == "next"', **OWN)[1] is False
    assert tried(comment("/cancel"), 'git.base == "next"', **OWN)[1] is True


def test_without_the_annotation_nothing_waits():
    found, matched = tried(FORK, commands="")
    assert (found.waits, matched) == (False, True)


def test_an_event_of_no_host_runs_nothing_that_may_be_a_fork_s():
    assert tried({"x": 1}, "true")[0].ruling.turn is Turn.REFUSE
