"""Kubernetes Events of one namespace are few, and leave room for those of others."""

from datetime import UTC, datetime, timedelta

from tests.kube.fakes import FakeClock

from triggerfish.kube.resources import CRON_WORKFLOWS
from triggerfish.kube.warnings import Warnings, too_costly

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Written:
    def __init__(self):
        self.bodies = []

    async def create(self, resource, namespace, body):
        self.bodies.append((namespace, body["involvedObject"]["name"]))


def told(namespace, name, at=AT):
    return too_costly(CRON_WORKFLOWS, namespace, name, uid=name, message="too costly: …", at=at)


async def test_the_same_is_told_once_in_ten_minutes():
    own, clock = Written(), FakeClock()
    warnings = Warnings(own, clock)
    for seconds in (0, 300, 299, 2):
        clock.advance(seconds)
        warnings.tell("team", "job", lambda: told("team", "job"))
        warnings.tell("else", "job", lambda: told("else", "job"))
        await warnings.flushed()
    assert own.bodies == [("team", "job"), ("else", "job")] * 2


async def test_one_namespace_leaves_room_for_others():
    own = Written()
    warnings = Warnings(own, FakeClock())
    for number in range(1000):
        warnings.tell("team", number, lambda number=number: told("team", f"job-{number}"))
    warnings.tell("else", "mine", lambda: told("else", "mine"))
    await warnings.flushed()
    assert ("else", "mine") in own.bodies
    assert len(own.bodies) == 8 + 1


async def test_what_waits_is_bounded():
    own = Written()
    warnings = Warnings(own, FakeClock())
    for number in range(1000):
        warnings.tell(f"ns-{number}", "job", lambda number=number: told(f"ns-{number}", "job"))
    await warnings.flushed()
    assert len(own.bodies) == 64


def test_the_event_names_the_object_and_the_bound_and_is_the_same_for_all_who_write_it():
    event = told("team", "job")
    assert event["involvedObject"] == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "namespace": "team",
        "name": "job",
        "uid": "job",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "TooCostly", "too costly: …")
    names = [told("team", "job", AT + timedelta(seconds=each))["metadata"]["name"] for each in (0, 599, 600)]
    assert names[0] == names[1] != names[2]
