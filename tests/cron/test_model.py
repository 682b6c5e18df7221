"""What is read from a CronWorkflow, and what is said when it is wrong."""

import pytest
from tests.support.crons import RULES, at, cron, manifest, stamp

from triggerfish import annotations as keys
from triggerfish.cron.manifest import edits
from triggerfish.cron.manifest.claims import Claim
from triggerfish.cron.manifest.cron_workflow import CronWorkflow
from triggerfish.cron.manifest.edits import Seen
from triggerfish.cron.planning.shard import Shard


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        pytest.param({"workflowSpec": ["main"]}, "spec.workflowSpec", "object", id="a Workflow that is none"),
        pytest.param(
            {"workflowMetadata": "x"}, "spec.workflowMetadata", "labels", id="metadata that is none"
        ),
        pytest.param(
            {"workflowMetadata": {"labels": {"a": 1}}},
            "spec.workflowMetadata.labels",
            "quotes",
            id="a label that is a number",
        ),
        pytest.param(
            {"workflowMetadata": {"finalizers": "x"}},
            "spec.workflowMetadata.finalizers",
            "texts",
            id="finalizers that are no list",
        ),
        pytest.param(
            {"concurrencyPolicy": "allow"}, "spec.concurrencyPolicy", "Forbid", id="a policy's case"
        ),
        pytest.param(
            {"startingDeadlineSeconds": -1}, "spec.startingDeadlineSeconds", "0 or more", id="negative"
        ),
        pytest.param({"startingDeadlineSeconds": "9"}, "spec.startingDeadlineSeconds", "whole", id="a text"),
        pytest.param({"suspend": "yes"}, "spec.suspend", "true or false", id="suspend is a text"),
        pytest.param({"schedules": []}, "spec.schedules", "at least one", id="no schedule"),
        pytest.param({"schedule": "* * * * *"}, "spec.schedule", "only schedules", id="both"),
        pytest.param(
            {"schedules": ["* * * * *", "60 * * * *"]}, "spec.schedules[1]", "0–59", id="the second"
        ),
        pytest.param(
            {"schedules": ["0 0 31 2 *"]}, "spec.schedules[0]", "never fires", id="an impossible day"
        ),
        pytest.param({"timezone": "Mars/Olympus"}, "spec.timezone", "Mars/Olympus", id="an unknown zone"),
        pytest.param(
            {"timezone": "UTC", "schedules": ["TZ=UTC * * * * *"]},
            "spec.schedules[0]",
            "keep one",
            id="two zones",
        ),
        pytest.param({"when": True}, "spec.when", "quote it", id="when without quotes"),
        pytest.param(
            {"stopStrategy": "x"}, "spec.stopStrategy", "expression", id="a stop strategy as a text"
        ),
        pytest.param(
            {"stopStrategy": {"expression": 3}},
            "spec.stopStrategy.expression",
            "quotes",
            id="a number to stop by",
        ),
        pytest.param(
            {"failedJobsHistoryLimit": 1.5}, "spec.failedJobsHistoryLimit", "whole", id="half a limit"
        ),
    ],
)
def test_a_wrong_field_is_named_with_its_fix(change, field, says):
    error = cron(**change).error
    assert error.field == field
    assert says in str(error)


@pytest.mark.parametrize(
    ("note", "value"),
    [
        (keys.CATCH_UP, "some"),
        (keys.CATCH_UP_LIMIT, "0"),
        (keys.CATCH_UP_LIMIT, "101"),
        (keys.PAUSE_AFTER_FAILURES, "two"),
        (keys.DIALECT, "lua"),
        ("triggerfish.dev/jitter", "soon"),
    ],
)
def test_a_wrong_annotation_is_named(note, value):
    error = cron({note: value}).error
    assert error.field == f"metadata.annotations[{note}]"
    assert error.fix or "write" in str(error) or error.problem


def test_a_name_of_53_characters_is_too_long():
    assert cron(metadata={"name": "a" * 52}).error is None
    assert cron(metadata={"name": "a" * 53}).error.field == "metadata.name"


def test_what_is_not_wrong_is_read_beside_what_is():
    it = cron(concurrencyPolicy="Often", schedules=["5 * * * *"])
    assert it.spec.timetable.next(at("12:00")).at == at("12:05")


@pytest.mark.parametrize(("limit", "kept"), [(None, 3), (-1, 3), (0, 0), (5, 5)])
def test_a_history_limit_that_is_absent_or_negative_is_argos(limit, kept):
    assert cron(successfulJobsHistoryLimit=limit).spec.successes_kept == kept


def test_the_last_used_schedule_is_written_as_argo_writes_it():
    it = cron(schedules=["5 * * * *", "6 * * * *"], timezone="Asia/Tokyo")
    assert it.schedules == "CRON_TZ=Asia/Tokyo 5 * * * *,CRON_TZ=Asia/Tokyo 6 * * * *"


def test_only_what_its_author_changes_is_read_again():
    first = cron()
    same = CronWorkflow.of(manifest({keys.DECIDED: stamp("12:00")}), RULES, earlier=first)
    assert same.spec is first.spec
    assert same.recorded.decided == at("12:00")
    other = CronWorkflow.of(manifest({keys.CATCH_UP: "all"}), RULES, earlier=first)
    assert other.spec is not first.spec


@pytest.mark.parametrize("text", ["", "x", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00 2026-11-23T12:00:00"])
def test_what_is_no_claim_is_none(text):
    assert Claim.of(text) is None


def test_marks_survive_being_written_and_read():
    claim = Claim(at("12:00"), at("12:00:03"))
    assert Claim.of(str(claim)) == claim
    seen = Seen(at("12:00"), "abc")
    assert Seen.of(str(seen)) == seen


def test_a_time_of_edit_is_the_newest_of_those_who_own_a_field():
    def entry(time, **fields):
        return {"time": stamp(time), "fieldsV1": fields}

    managed = [
        entry("12:00", **{"f:spec": {"f:schedules": {}}}),
        entry("12:01", **{"f:spec": {"f:suspend": {}}}),
        entry("12:02", **{"f:spec": {"f:workflowSpec": {}}}),
        entry("12:03", **{"f:metadata": {"f:annotations": {"f:triggerfish.dev/decided": {}}}}),
        {"fieldsV1": {"f:spec": {"f:schedules": {}}}},
    ]
    assert edits.time_of_edit(managed, ("schedules", "suspend"), ("triggerfish.dev/at",)) == at("12:01")
    assert edits.time_of_edit(managed, ("timezone",), ()) is None


def test_shards_hold_each_one_once():
    names = [f"cron-{number}" for number in range(200)]
    parts = [{name for name in names if Shard(index, 8).holds("team", name)} for index in range(1, 9)]
    assert sum(map(len, parts)) == len(names)
    assert set().union(*parts) == set(names)
    assert Shard().holds("any", "thing")


def test_a_shard_is_that_of_the_design():
    # SHA-256 of team/job begins with these eight bytes.
    import hashlib

    number = int.from_bytes(hashlib.sha256(b"team/job").digest()[:8], "big")
    assert Shard(number % 5 + 1, 5).holds("team", "job")


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "1/2/3", "-1/2", "٣/8", "01/2"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(ValueError, match="shard is i/n"):
        Shard.of(text)
