"""A clock of the embedded cluster's own: it runs fast, jumps, is held; tokens go by the machine's."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from tests.support import embedded as support

from triggerfish_laptop.cluster.clock import OwnClock, control
from triggerfish_laptop.cluster.status import StatusError

START = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Machine:
    """Real seconds, under the test's control."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def machine():
    return Machine()


def test_it_starts_at_its_time_and_runs_at_its_speed(machine):
    clock = OwnClock(START, 60, machine)
    assert clock.now() == START
    machine.seconds += 2
    assert clock.now() == START + 2 * MINUTE
    assert clock.seconds_until(START + 5 * MINUTE) == 3
    assert clock.seconds_until(START) == 0


def test_at_speed_nought_only_a_jump_moves_it(machine):
    clock = OwnClock(START, 0, machine)
    machine.seconds += 1000
    assert clock.now() == START
    assert clock.seconds_until(START + MINUTE) is None
    assert clock.advance(2 * MINUTE) == START + 2 * MINUTE == clock.now()


def test_time_at_the_bound_is_lost_but_a_jump_is_made_up(machine):
    clock = OwnClock(START, 60, machine, bound=START)
    machine.seconds += 1000
    assert clock.now() == START
    assert clock.advance(3 * MINUTE) == START + 3 * MINUTE
    assert clock.now() == START
    assert clock.seconds_until(START + MINUTE) is None
    for passed in (1, 2, 3):
        clock.bound(START + passed * MINUTE)
        assert clock.now() == START + passed * MINUTE
    clock.bound(START + 5 * MINUTE)
    assert clock.now() == START + 3 * MINUTE
    machine.seconds += 1
    assert clock.now() == START + 4 * MINUTE


def test_who_listens_is_told_of_jumps_and_bounds(machine):
    clock, told = OwnClock(START, 1, machine), []
    clock.listen(lambda: told.append(clock.now()))
    clock.advance(MINUTE)
    clock.bound(START + 2 * MINUTE)
    assert told == [START + MINUTE, START + MINUTE]


async def test_a_wait_ends_with_the_jump_that_reaches_its_time(machine):
    clock = OwnClock(START, 0, machine)
    waiting = asyncio.create_task(clock.reach(START + MINUTE, 30))
    await asyncio.sleep(0)
    clock.advance(MINUTE)
    assert await waiting == START + MINUTE


async def test_a_time_is_left_when_the_clock_may_go_on_from_it(machine):
    clock = OwnClock(START, 0, machine, bound=START + MINUTE)
    clock.advance(MINUTE)
    waiting = asyncio.create_task(clock.leave(START + MINUTE, 30))
    await asyncio.sleep(0)
    assert clock.now() == START + MINUTE
    assert not waiting.done()
    clock.bound(START + 2 * MINUTE)
    assert await waiting is True
    assert await clock.leave(START + 3 * MINUTE, 0) is False


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"advance": -1}, id="back"),
        pytest.param({"advance": "2h"}, id="a duration as text"),
        pytest.param({"until": "2026-10-25T00:50"}, id="a time without its zone"),
        pytest.param({"reach": "soon"}, id="no time"),
        pytest.param({"leave": "2026-10-25"}, id="a day"),
        pytest.param({"advance": 1, "until": "2026-10-25T00:50Z"}, id="two things at once"),
    ],
)
async def test_what_the_clock_does_not_take_is_refused(machine, asked):
    clock = OwnClock(START, 1, machine)
    with pytest.raises(StatusError):
        await control(clock, asked)
    assert clock.now() == START


@pytest.mark.parametrize("year", [pytest.param(2001, id="long ago"), pytest.param(2100, id="far ahead")])
def test_a_cluster_of_another_time_gives_tokens_that_are_good_now(tmp_path, year):
    at = f"{year}-03-01T12:00Z"
    with support.start(tmp_path, "--at", at, "--speed", "0") as cluster:
        namespace = cluster.new_namespace()
        token = cluster.service_account(namespace, "reader")
        rights = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        assert cluster.request("POST", rights, {"spec": {"namespace": namespace}}, token=token)[0] == 201
        status, refused = cluster.request("POST", "/clock", {"advance": 60}, token=token)
        assert (status, refused["reason"]) == (403, "Forbidden")
        _, moved = cluster.request("POST", "/clock", {"advance": 3600})
        assert moved["now"] == f"{year}-03-01T13:00:00+00:00"
        _, headers, _ = cluster.raw("GET", "/version")
        assert parsedate_to_datetime(headers["date"]) == datetime(year, 3, 1, 13, tzinfo=UTC)
        _, made = cluster.request("GET", f"/api/v1/namespaces/{namespace}")
        assert made["metadata"]["creationTimestamp"] == f"{year}-03-01T12:00:00Z"


def test_a_simulated_workflow_ends_by_the_cluster_s_clock(tmp_path):
    with support.start(tmp_path, "--at", "2026-10-25T00:50Z", "--speed", "0") as cluster:
        workflow = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "a", "annotations": {"triggerfish.dev/simulate": "90m"}},
            "spec": {"entrypoint": "a", "templates": [{"name": "a", "container": {"image": "a"}}]},
        }
        path = "/apis/argoproj.io/v1alpha1/namespaces/default/workflows"
        assert cluster.request("POST", path, workflow)[0] == 201
        cluster.line("workflow default/a Running")
        cluster.request("POST", "/clock", {"advance": 5400})
        cluster.line("workflow default/a Succeeded")
        _, ended = cluster.request("GET", f"{path}/a")
        assert ended["status"]["finishedAt"] == "2026-10-25T02:20:00Z"


def test_the_machine_s_clock_cannot_be_moved(embedded):
    assert embedded.request("POST", "/clock", {"advance": 60})[0] in (404, 405)
