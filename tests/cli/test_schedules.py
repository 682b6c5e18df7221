"""`next` and `calendar` as people call them, on files and on the embedded cluster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from triggerfish.cli.main import app

MANIFEST = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "CronWorkflow",
    "metadata": {"name": "night"},
    "spec": {
        "schedules": ["30 2 * * *"],
        "timezone": "Europe/Berlin",
        "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "workflowMetadata": {"annotations": {"triggerfish.dev/simulate": "0.1s"}},
    },
}


def call(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "night.yaml"
    path.write_text(yaml.safe_dump(MANIFEST))
    return str(path)


class TestNext:
    def test_a_file_needs_no_cluster(self, file: str) -> None:
        text = call("next", file, "--from", "2026-03-27T12:00", "--count", "2", "--timezone", "Europe/Berlin")
        lines = [line.split()[0] for line in text.splitlines()]
        assert lines == ["SLOT", "2026-03-28T02:30:00+01:00", "gap", "2026-03-30T02:30:00+02:00"]

    def test_the_zones_are_told_beside_the_slots(self, file: str) -> None:
        done = CliRunner().invoke(app, ["next", file, "-o", "json"])
        assert json.loads(done.stdout)
        assert done.stderr.startswith("time zones 20")

    def test_as_json(self, file: str) -> None:
        rows = json.loads(call("next", file, "-c", "1", "--from", "2026-03-27T12:00", "-o", "json"))
        assert rows == [
            {
                "cron": "night",
                "kind": "slot",
                "slot": "2026-03-28T01:30:00Z",
                "starts": "2026-03-28T01:30:00Z",
                "schedule": "30 2 * * *",
            }
        ]

    def test_as_yaml(self, file: str) -> None:
        rows = yaml.safe_load(call("next", file, "-c", "3", "-o", "yaml"))
        assert len([row for row in rows if row["kind"] == "slot"]) == 3

    def test_standard_input(self) -> None:
        done = CliRunner().invoke(app, ["next", "-", "-c", "1"], input=yaml.safe_dump(MANIFEST))
        assert done.exit_code == 0
        assert "30 2 * * *" in done.stdout

    def test_nothing_coloured_off_a_terminal(self, file: str) -> None:
        assert "\x1b" not in call("next", file)

    def test_a_usage_error_is_2(self, file: str) -> None:
        call("next", file, "--count", "0", code=2)
        call("next", code=2)

    def test_a_name_of_the_cluster_with_a_calendar_of_its_namespace(self, embedded, cluster) -> None:
        namespace, options = cluster
        event = ["UID:1", "DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261125"]
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:x",
            "BEGIN:VEVENT",
            *event,
            "END:VEVENT",
            "END:VCALENDAR",
        ]
        ics = "".join(f"{line}\r\n" for line in lines)
        path = f"/api/v1/namespaces/{namespace}/configmaps"
        body = {"metadata": {"name": "freeze"}, "data": {"2026.ics": ics}}
        assert embedded.request("POST", path, body)[0] == 201
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/cronworkflows/night"
        patch = {"metadata": {"annotations": {"triggerfish.dev/exclude": "ics:freeze"}}}
        kind = "application/merge-patch+json"
        assert embedded.request("PATCH", path, patch, content_type=kind)[0] == 200
        rows = json.loads(
            call("next", "night", "-c", "2", "--from", "2026-11-23T22:30", "-o", "json", *options)
        )
        assert [row["slot"] for row in rows if row["kind"] == "slot"] == [
            "2026-11-23T23:00:00Z",
            "2026-11-25T00:00:00Z",
        ]
        assert len([row for row in rows if row["kind"] == "excluded"]) == 24


class TestCalendar:
    def test_a_month_of_a_file(self, file: str) -> None:
        text = call("calendar", file, "--month", "2026-03", "--timezone", "Europe/Berlin", "--busiest", "1")
        days = [line for line in text.splitlines() if line.startswith("2026-03-") and "T" not in line]
        assert len(days) == 30  # on the 29th there is no 02:30
        assert not any(line.startswith("2026-03-29") for line in days)

    def test_the_minutes_as_json(self, file: str) -> None:
        rows = json.loads(call("calendar", file, file, "--month", "2026-11", "-o", "json", "--busiest", "2"))
        assert rows[0] == {"minute": "2026-11-01T01:30:00Z", "starts": 1, "names": ["night"]}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["next", "./nothing.yaml"], "No such file"),
        (["calendar", "{file}", "--month", "May"], "is not a month"),
        (["next", "{file}", "--timezone", "Mars/Base"], "unknown time zone"),
        (["next", "{file}", "--from", "soon"], "is not a date or a time"),
        (["audit", "--since", "yesterday"], "is not a duration"),
    ],
)
def test_an_error_is_one_sentence_and_exit_code_1(arguments: list[str], problem: str, file: str) -> None:
    words = [word.replace("{file}", file) for word in arguments]
    done = subprocess.run(
        [sys.executable, "-m", "triggerfish.cli", *words],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "shared"), "PATH": ""},
    )
    assert done.returncode == 1
    assert problem in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def cluster(embedded):
    """A namespace of the embedded cluster with the CronWorkflow, and the options that name it."""
    namespace = embedded.new_namespace()
    body = {**MANIFEST, "spec": {**MANIFEST["spec"], "schedules": ["0 * * * *"], "timezone": "UTC"}}
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/cronworkflows"
    status, made = embedded.request("POST", path, body)
    assert status == 201, made
    return namespace, ["--kubeconfig", str(embedded.kubeconfig), "-n", namespace]


@pytest.mark.parametrize(
    ("schedule", "first"),
    [
        ("*/5 * * * *", "2026-11-23T00:05:00Z"),
        ("@daily", "2026-11-24T00:00:00Z"),
        ("TZ=Asia/Tokyo 0 6 * * *", None),
    ],
)
def test_next_of_a_bare_schedule_needs_neither_file_nor_cluster(schedule, first):
    done = CliRunner().invoke(
        app, ["next", schedule, "--from", "2026-11-23T00:00:01Z", "-c", "1", "-o", "json"]
    )
    (row,) = json.loads(done.stdout)
    assert row["slot"] == (first or "2026-11-23T21:00:00Z")
    assert row["schedule"] == schedule


def test_a_bare_schedule_that_is_wrong_is_one_sentence():
    done = CliRunner().invoke(app, ["next", "61 * * * *"])
    assert str(done.exception).startswith("61 * * * *: spec.schedules[0]: ")
