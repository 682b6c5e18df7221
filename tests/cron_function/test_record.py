"""The record of outcomes, as ticks write it: with the patches that they make anyway, one read a failure."""

from datetime import timedelta

import pytest
from tests.simulation.statuses import refusal
from tests.support import records
from tests.support.ticks import NOON, calls, put, run, team_model

from triggerfish import annotations as keys
from triggerfish.errors import Unanswered
from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS


@pytest.fixture
def model():
    return team_model()


def record(model):
    (cron,) = model.objects(CRON_WORKFLOWS)
    return records.rows(cron["metadata"]["annotations"].get(keys.OUTCOMES))


def child(minute):
    return f"job-{int((NOON + timedelta(minutes=minute)).timestamp())}"


def end(model, minute, phase="Succeeded", message="", seconds=7):
    """The child of that slot ends, as Argo's controller writes it."""
    started = NOON + timedelta(minutes=minute)
    labels = {"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": "true"}
    status = {
        "phase": phase,
        "message": message,
        "startedAt": started.isoformat(),
        "finishedAt": (started + timedelta(seconds=seconds)).isoformat(),
    }
    model.edit(WORKFLOWS, "team", child(minute), {"metadata": {"labels": labels}, "status": status})


async def test_an_every_minute_schedule_that_is_well_is_two_rows(model):
    put(model)
    for minute in range(1, 9):
        await run(model, minute * 60 + 2)
        end(model, minute)
    assert record(model) == [("12:01", "12:07", "Succeeded", ""), ("12:08", "12:08", "ran", "")]


async def test_a_failed_run_is_read_once_and_no_other(model):
    put(model, failedJobsHistoryLimit=9)
    for minute in range(1, 7):
        await run(model, minute * 60 + 2)
        if minute == 3:
            end(model, minute, "Failed", f"child '{child(3)}-123456' failed")
        else:
            end(model, minute)
    assert record(model) == [
        ("12:01", "12:02", "Succeeded", ""),
        ("12:03", "12:03", "Failed", "child '{workflow}' failed"),
        ("12:04", "12:05", "Succeeded", ""),
        ("12:06", "12:06", "ran", ""),
    ]
    gets = [
        entry.call.name
        for entry in model.history.entries
        if entry.call.verb == "get" and entry.call.resource is WORKFLOWS
    ]
    assert gets == [child(3)]


async def test_the_record_costs_no_call(model):
    async def course(**settings):
        model = team_model()
        put(model)
        for minute in range(1, 6):
            await run(model, minute * 60 + 2, **settings)
            end(model, minute)
        return calls(model)

    assert await course() == await course(decision_record=0)


async def test_without_a_record_no_message_is_asked_for(model):
    put(model)
    for minute in (1, 2, 3):
        await run(model, minute * 60 + 2, decision_record=0)
        end(model, minute, "Failed", "exit code 1")
    assert not [entry for entry in model.history.entries if entry.call.verb == "get"]
    assert record(model) == []


@pytest.mark.parametrize("answer", [403, 404, 500, "lost"])
async def test_a_message_that_cannot_be_read_stops_nothing(model, answer):
    class Refusing:
        async def before(self, call):
            if call.verb == "get" and call.resource is WORKFLOWS:
                if answer == "lost":
                    raise Unanswered("lost")
                return refusal(answer, "No", "no")
            return None

        async def after(self, call, response):
            return None

    put(model)
    await run(model, 62)
    end(model, 1, "Error", "exit code 1")
    model.faults = Refusing()
    await run(model, 122)
    assert record(model) == [("12:01", "12:01", "Error", ""), ("12:02", "12:02", "ran", "")]


async def test_a_run_that_was_deleted_before_its_end_was_seen_is_no_riddle(model):
    put(model)
    await run(model, 62)
    model.remove(WORKFLOWS, "team", child(1))
    await run(model, 122)
    assert record(model) == [("12:01", "12:01", "Deleted", ""), ("12:02", "12:02", "ran", "")]


async def test_a_tick_that_loses_the_guard_merges_again_with_what_it_reads(model):
    put(model)
    await run(model, 62)
    end(model, 1, "Failed", "exit code 1")

    class Late:
        """Another tick has recorded meanwhile."""

        done = False

        async def before(self, call):
            if call.verb == "patch" and call.resource is CRON_WORKFLOWS and not self.done:
                self.done = True
                await run(model, 122)
            return

        async def after(self, call, response):
            return None

    model.faults = Late()
    await run(model, 122)
    assert record(model) == [("12:01", "12:01", "Failed", "exit code 1"), ("12:02", "12:02", "ran", "")]


async def test_the_record_of_the_last_release_is_taken_over(model):
    second = int(NOON.timestamp())
    old = f'[[{second},"forbid",{second + 3},"job-1 is unfinished"]]'
    put(model, notes={keys.DECISIONS: old})
    await run(model, 62)
    assert record(model)[0] == ("12:00", "12:00", "forbid", "job-1 is unfinished")
    (cron,) = model.objects(CRON_WORKFLOWS)
    assert keys.DECISIONS not in cron["metadata"]["annotations"]


async def test_a_refused_run_is_one_row_though_each_has_another_name(model):
    class Full:
        async def before(self, call):
            if call.verb == "create":
                name = call.request.body["metadata"]["name"]
                return refusal(403, "Forbidden", f"workflows {name!r}: exceeded quota")
            return None

        async def after(self, call, response):
            return None

    put(model)
    model.faults = Full()
    for minute in (1, 2, 3):
        await run(model, minute * 60 + 2)
    assert [row[:3] for row in record(model)] == [("12:01", "12:03", "refused")]


async def test_the_bytes_of_the_record_are_bounded_by_the_setting(model):
    put(model)
    for minute in range(1, 40):
        await run(model, minute * 60 + 2, decision_record_bytes=1024)
        end(model, minute, "Failed", f"reason {minute} " + 200 * "x")
    (cron,) = model.objects(CRON_WORKFLOWS)
    assert len(cron["metadata"]["annotations"][keys.OUTCOMES].encode()) <= 1024
    assert record(model)[0][0] == "12:01"


async def test_a_failed_run_is_read_once_though_the_guard_is_lost(model):
    put(model)
    await run(model, 62)
    end(model, 1, "Failed", "exit code 1")

    class Late:
        """Somebody labels the CronWorkflow just before the tick's patch."""

        done = False

        async def before(self, call):
            if call.verb == "patch" and call.resource is CRON_WORKFLOWS and not self.done:
                self.done = True
                model.edit(CRON_WORKFLOWS, "team", "job", {"metadata": {"labels": {"a": "b"}}})

        async def after(self, call, response):
            return None

    model.faults = Late()
    await run(model, 122)
    assert record(model) == [("12:01", "12:01", "Failed", "exit code 1"), ("12:02", "12:02", "ran", "")]
    reads = [
        entry.call.name
        for entry in model.history.entries
        if entry.call.verb == "get" and entry.call.resource is WORKFLOWS
    ]
    assert reads.count(child(1)) == 1
