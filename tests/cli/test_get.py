"""`get` as people call it, on the embedded cluster."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tests.cli.calling import call, failure, make, merge

from triggerfish.cli.commands.get import What, _columns, _lesser
from triggerfish.cli.tables import layout
from triggerfish.events.deliveries import Delivered, config_map, line, refusals, value
from triggerfish.events.refusals import Refusal, RefusalCause
from triggerfish.hosts.reports.intent import Intent


@pytest.fixture
def place(embedded):
    """A namespace, and the options that name it."""
    namespace = embedded.new_namespace()
    return namespace, ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


def cron(embedded, namespace: str, name: str, **spec) -> None:
    whole = {
        "schedules": ["0 5 * * *"],
        "workflowSpec": {"entrypoint": "m", "templates": [{"name": "m", "suspend": {}}]},
    } | spec
    make(
        embedded,
        namespace,
        "cronworkflows",
        {"kind": "CronWorkflow", "metadata": {"name": name}, "spec": whole},
    )


def listed(place, what: str, *more: str) -> list[dict]:
    return json.loads(call("get", what, "-o", "json", *more, *place[1]))


class TestCrons:
    def test_each_with_its_state(self, embedded, place) -> None:
        for name in ("b-active", "a-stopped"):
            cron(embedded, place[0], name)
        cron(embedded, place[0], "suspended", suspend=True, timezone="Europe/Berlin")
        status = {"phase": "Stopped", "lastScheduledTime": "2026-11-22T05:00:00Z"}
        merge(embedded, place[0], "cronworkflows", "a-stopped", {"status": status})
        rows = listed(place, "crons")
        assert [(row["name"], row["state"], "next" in row) for row in rows] == [
            ("a-stopped", "stopped", False),
            ("b-active", "active", True),
            ("suspended", "suspended", False),
        ]
        assert rows[0]["last"] == "2026-11-22T05:00:00Z"
        assert rows[2]["timezone"] == "Europe/Berlin"

    def test_one_that_is_suspended_until_a_time(self, embedded, place) -> None:
        cron(embedded, place[0], "held")
        end = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        call("suspend", "held", "--until", end, *place[1])
        (row,) = listed(place, "crons")
        assert row["state"] == "suspended"
        assert row["note"].startswith(f"suspended until {end} by ")
        assert row["next"] > end

    def test_one_whose_schedule_cannot_be_read_is_in_error(self, embedded, place) -> None:
        cron(embedded, place[0], "wrong", schedules=["61 * * * *"])
        cron(embedded, place[0], "well")
        well, wrong = listed(place, "crons")
        assert (wrong["name"], wrong["state"], "next" in wrong) == ("wrong", "error", False)
        assert wrong["note"].startswith("spec.schedules[0]")
        assert (well["state"], "next" in well) == ("active", True)

    @pytest.mark.parametrize(
        ("notes", "state", "runs", "note"),
        [
            pytest.param({}, "failing", True, "the last 2 runs failed: exit code 3", id="failing"),
            pytest.param(
                {"triggerfish.dev/pause-after-failures": "2", "triggerfish.dev/failures-in-a-row": "2"},
                "paused",
                False,
                "it is paused: 2 runs in a row failed: exit code 3; `triggerfish resume` lets it go on",
                id="paused",
            ),
        ],
    )
    def test_one_that_fails_says_so(self, embedded, place, notes, state, runs, note) -> None:
        now = int(datetime.now(UTC).timestamp()) // 60 * 60
        record = {
            "last": now - 60,
            "kinds": [["ran", "Succeeded"], ["ran", "Failed", 0]],
            "messages": ["exit code 3"],
            "rows": [[0, 0, 3, 60, 5], [60, 1, 3, 60, 2, 9]],
        }
        made = notes | {"triggerfish.dev/outcomes": json.dumps(record)}
        cron(embedded, place[0], "often")
        merge(embedded, place[0], "cronworkflows", "often", {"metadata": {"annotations": made}})
        (row,) = listed(place, "crons")
        assert (row["state"], "next" in row, row["note"]) == (state, runs, note)
        counts = row["result"], row["message"], row["failed"], row["failures"], row["ended"]
        assert counts == ("Failed", "exit code 3", 2, 2, 7)

    def test_of_all_namespaces(self, embedded, place) -> None:
        cron(embedded, place[0], "here")
        text = call("get", "crons", "-A", *place[1])
        assert text.splitlines()[0].startswith("NAMESPACE")
        assert [line for line in text.splitlines() if line.startswith(place[0])]


def test_bindings(embedded, place) -> None:
    spec = {
        "event": {"selector": "payload.ref\n  == 'refs/heads/main'"},
        "submit": {"workflowTemplateRef": {"name": "build"}},
    }
    metadata = {"name": "on-push", "annotations": {"triggerfish.dev/dialect": "cel"}}
    make(
        embedded,
        place[0],
        "workfloweventbindings",
        {"kind": "WorkflowEventBinding", "metadata": metadata, "spec": spec},
    )
    (row,) = yaml.safe_load(call("get", "bindings", "-o", "yaml", *place[1]))
    assert row == {
        "namespace": place[0],
        "name": "on-push",
        "dialect": "cel",
        "template": "build",
        "selector": "payload.ref == 'refs/heads/main'",
    }


@pytest.mark.parametrize("everywhere", [[], ["-A"]])
def test_deliveries_the_newest_first(embedded, place, everywhere: list[str]) -> None:
    at = datetime(2026, 11, 23, 6, tzinfo=UTC)
    records = [
        Delivered(at, "one", "github", "push", "created", ("build-1",)),
        Delivered(at.replace(hour=7), "two", "gitlab", "Push Hook", "nothing"),
    ]
    cause, hour = RefusalCause.SIGNATURE, at.replace(hour=8)
    refused = Refusal(hour, place[0], "github", "push", "three", "refused", cause, "no secret fits")
    make(
        embedded,
        place[0],
        "configmaps",
        config_map(place[0], {"me": value(map(line, records)), "me.refused": refusals([refused])})
        | {"apiVersion": "v1"},
    )
    rows = [row for row in listed(place, "deliveries", *everywhere) if row["namespace"] == place[0]]
    assert [(row["id"], row["at"], row["result"], row.get("reason", "")) for row in rows] == [
        ("three", "2026-11-23T08:00:00Z", "refused", "no secret fits"),
        ("two", "2026-11-23T07:00:00Z", "nothing", "the namespace has no event binding"),
        ("one", "2026-11-23T06:00:00Z", "created", ""),
    ]
    assert rows[2]["workflows"] == ["build-1"]


def test_runs_scheduled_by_hand_and_backfilled(embedded, place) -> None:
    for name, label in (
        ("often-1795454400", "cron-workflow"),
        ("often-x", "cron-workflow"),
        ("b", "backfill"),
    ):
        metadata = {"name": name, "labels": {f"workflows.argoproj.io/{label}": "often"}}
        make(embedded, place[0], "workflows", {"kind": "Workflow", "metadata": metadata, "spec": {}})
    make(embedded, place[0], "workflows", {"kind": "Workflow", "metadata": {"name": "other"}, "spec": {}})
    assert {(row["name"], row["kind"]) for row in listed(place, "runs")} == {
        ("often-1795454400", "scheduled"),
        ("often-x", "manual"),
        ("b", "backfill"),
    }


def test_runs_of_bindings_with_their_commits_and_what_these_were_told(embedded, place) -> None:
    told = "superseded 2026-11-29T02:00:07Z by run-2"
    for name, mark, stage in (("run-1", told, "ended"), ("run-2", "", "pending")):
        sealed = Intent("github", "ci", "o/a", "1a" * 20, "ci/build").sealed(place[0], name, b"key")
        metadata = {
            "name": name,
            "labels": {
                "workflows.argoproj.io/workflow-event-binding": "on-push",
                "triggerfish.dev/report": stage,
            },
            "annotations": {"triggerfish.dev/report": sealed, "triggerfish.dev/reported": mark},
        }
        make(embedded, place[0], "workflows", {"kind": "Workflow", "metadata": metadata, "spec": {}})
    event = {
        "apiVersion": "v1",
        "metadata": {"name": "run-2.failed"},
        "involvedObject": {"kind": "Workflow", "namespace": place[0], "name": "run-2"},
        "reason": "ReportFailed",
        "message": "GitHub answered 401",
        "lastTimestamp": "2026-11-29T02:02:00Z",
    }
    make(embedded, place[0], "events", event)
    newer, older = listed(place, "runs", "on-push")
    assert (older["commit"], older["sha"], older["kind"]) == ("o/a@1a1a1a1a1a1a", "1a" * 20, "event")
    assert (older["status"], older["superseded_by"]) == ("ci/build: superseded by run-2", "run-2")
    assert (newer["status"], newer["note"]) == ("ci/build: nothing was told yet", "GitHub answered 401")
    heading, *_ = call("get", "runs", *place[1]).splitlines()
    assert heading.split("\t")[7:] == ["BINDING", "COMMIT", "STATUS", "NOTE"]


def test_facts_that_the_host_was_asked_for(embedded, place) -> None:
    facts = {"permission": "nil: GitHub answered 403", "permission of mona": "write"}
    record = Delivered(datetime.now(UTC), "d-1", "github", "issue_comment", "nothing", facts=facts)
    body = config_map(place[0], {"me": value([line(record)])}) | {"apiVersion": "v1"}
    make(embedded, place[0], "configmaps", body)
    (row,) = listed(place, "deliveries")
    assert row["facts"] == ["git.permission is nil: GitHub answered 403", "permission of mona is write"]


@pytest.mark.parametrize("what", ["crons", "bindings", "deliveries", "runs"])
def test_where_there_is_nothing(place, what: str) -> None:
    assert call("get", what, *place[1]) == f"there are no {what} in namespace {place[0]}\n"
    assert listed(place, what) == []


def test_what_cannot_be_listed_is_exit_code_2(place) -> None:
    call("get", "pods", *place[1], code=2)


class TestNames:
    def test_only_these(self, embedded, place) -> None:
        for name in ("a", "b", "c"):
            cron(embedded, place[0], name)
        assert [row["name"] for row in listed(place, "crons", "c", "a")] == ["a", "c"]

    def test_one_that_is_not_there_is_exit_code_1(self, embedded, place) -> None:
        cron(embedded, place[0], "a")
        assert (
            failure("get", "crons", "a", "b", *place[1])
            == f"'b' is not among the crons in namespace {place[0]}"
        )

    def test_the_runs_of_one_cron_workflow(self, embedded, place) -> None:
        for name, of in (("a-1", "a"), ("b-1", "b")):
            metadata = {"name": name, "labels": {"workflows.argoproj.io/cron-workflow": of}}
            make(embedded, place[0], "workflows", {"kind": "Workflow", "metadata": metadata, "spec": {}})
        assert [row["name"] for row in listed(place, "runs", "a")] == ["a-1"]
        assert [row["name"] for row in listed(place, "runs", "b-1")] == ["b-1"]


def test_lists_are_lists_for_programs_and_texts_for_people(embedded, place) -> None:
    cron(embedded, place[0], "often", schedules=["0 5 * * *", "0 6 * * *"])
    assert listed(place, "crons")[0]["schedules"] == ["0 5 * * *", "0 6 * * *"]
    assert "\t0 5 * * *, 0 6 * * *\t" in call("get", "crons", *place[1])


def test_in_a_pipe_cells_are_parted_by_tabs_and_nothing_is_padded(embedded, place) -> None:
    cron(embedded, place[0], "a-rather-long-name")
    cron(embedded, place[0], "b")
    heading, *rows = [line.split("\t") for line in call("get", "crons", *place[1]).splitlines()]
    assert heading == [
        *("NAME", "SCHEDULES", "TIMEZONE", "STATE", "RUNNING", "LAST"),
        *("RESULT", "FAILED", "NEXT", "NOTE"),
    ]
    assert [row[:6] for row in rows] == [
        ["a-rather-long-name", "0 5 * * *", "UTC", "active", "0", ""],
        ["b", "0 5 * * *", "UTC", "active", "0", ""],
    ]


def test_80_columns_hold_state_last_and_next() -> None:
    row = {
        "name": "sync-customers",
        "schedules": ["*/10 * * * *"],
        "timezone": "Europe/Berlin",
        "state": "suspended",
        "running": 1,
        "last": "2026-11-23T05:20:00Z",
        "next": "2026-11-23T05:30:00Z",
        "note": "suspended until 2026-11-24T06:00:00Z by ann: database move",
    }
    shown = layout([row], _columns[What.CRONS], _lesser[What.CRONS], 80).shown
    assert {"name", "schedules", "state", "last", "next"} <= set(shown)
