"""The pictures of docs/pictures/, from a session of `triggerfish dev` in which a day passes.

``python -m tests.browser.screenshots [FOLDER]``: with a folder also every screen there, as on a desk and on
a telephone, in light and in dark, for somebody to look at.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import yaml
from playwright.sync_api import Page, sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text
from tests.browser.conftest import ARGUMENTS, chromium
from tests.support import session

from triggerfish import annotations as keys
from triggerfish.hosts.reports.intent import Intent
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CONFIG_MAPS, EVENTS, WORKFLOWS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish_laptop.dev import manifests

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
PUSH = json.loads((ROOT / "infra" / "laptop" / "deliveries" / "github-push.json").read_text())
COMMANDS = (
    "triggerfish explain cron ingest --last 2h",
    "triggerfish next nightly-backup --count 3",
    "triggerfish get deliveries",
    "triggerfish explain event release-on-tag --payload infra/laptop/deliveries/github-push.json",
)

COLUMNS = 112


class Day:
    """What is done in a running `triggerfish dev` whose clock is its own."""

    def __init__(self, state: Path, base: int) -> None:
        self.state, self.url = state, f"http://127.0.0.1:{base + 80}"
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        self.environment = {
            **os.environ,
            "PATH": path,
            "KUBECONFIG": str(state / "kubeconfig"),
            # No column of a table is to be cut.
            "COLUMNS": "300",
            "FORCE_COLOR": "1",
        }

    def run(self, line: str, *, given: str | None = None) -> str:
        """What a command prints; some say with their exit code that something did not run."""
        done = subprocess.run(
            shlex.split(line), env=self.environment, input=given, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def advance(self, by: str) -> None:
        print(f"{by} pass ...", flush=True)
        print(
            self.run(f"triggerfish dev advance {by} --state {shlex.quote(str(self.state))}"),
            end="",
            flush=True,
        )

    def push(self, **changed: object) -> None:
        """A delivery, signed as GitHub signs."""
        sender, secret = changed.pop("sender", "github"), shlex.quote(str(changed.pop("secret", "shh!")))
        line = f"triggerfish send - --sender {sender} --secret {secret} --server {self.url}"
        delivery = changed.pop("delivery", "")
        self.run(f"{line} --id {delivery}" if delivery else line, given=json.dumps(PUSH | changed))

    @property
    def token(self) -> str:
        return yaml.safe_load((self.state / "kubeconfig").read_text())["users"][0]["user"]["token"]


def main() -> None:
    with opened() as running:
        asyncio.run(apply(running, ROOT / "tests" / "browser" / "pictures.yaml"))
        running.advance("11h")
        running.run("triggerfish trigger hourly-report")
        asyncio.run(retry(running, "flaky-sync"))
        running.advance("6h")
        start = f"{datetime.now(UTC) - timedelta(hours=18):%Y-%m-%dT%H:00}"
        end = f"{datetime.now(UTC) - timedelta(hours=13):%Y-%m-%dT%H:00}"
        running.run(f"triggerfish backfill clean-up --from {start} --to {end} --parallel 5")
        running.advance("7h")
        deliver(running)
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / "terminal.svg").write_text(terminal(running), encoding="utf-8")
        photograph(running)
        if len(sys.argv) > 1:
            asyncio.run(report(running))
            look(running, Path(sys.argv[1]))
    for picture in sorted(PICTURES.iterdir()):
        print(f"{picture.relative_to(ROOT)} {picture.stat().st_size // 1024} kB")


@contextlib.contextmanager
def opened() -> Iterator[Day]:
    with tempfile.TemporaryDirectory() as folder:
        base = session.free_base()
        found = Day(Path(folder), base)
        began = f"{datetime.now(UTC) - timedelta(hours=24):%Y-%m-%dT%H:%MZ}"
        dev = session.Session(Path(folder), base, "--at", began, "--speed", "1")
        try:
            dev.until("^tick ")
            yield found
        finally:
            dev.close()


async def apply(running: Day, path: Path) -> None:
    cluster = await Cluster.open(Settings(kubeconfig=str(running.state / "kubeconfig")), Clock())
    try:
        for manifest in manifests.read(path):
            await manifests.apply(cluster.own, manifest)
    finally:
        await cluster.close()


async def retry(running: Day, cron: str) -> None:
    """What `argo resubmit` makes of a run that failed."""
    cluster = await Cluster.open(Settings(kubeconfig=str(running.state / "kubeconfig")), Clock())
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "generateName": f"{cron}-",
            "labels": {keys.CRON_WORKFLOW: cron, keys.RESUBMITTED_FROM: f"{cron}-1"},
            "annotations": {"triggerfish.dev/simulate": "20m,Succeeded"},
        },
        "spec": {
            "entrypoint": "main",
            "templates": [{"name": "main", "container": {"image": "busybox:1.36"}}],
        },
    }
    try:
        await cluster.own.create(WORKFLOWS, "default", body)
    finally:
        await cluster.close()


def deliver(running: Day) -> None:
    commit = {
        "id": "59b20b8d",
        "message": "Describe the console",
        "added": ["docs/console.md"],
        "modified": [],
    }
    running.push(ref="refs/heads/feature")
    running.push(ref="refs/tags/v1.4.0", delivery="7f4c1e02")
    running.push(ref="refs/tags/v1.4.0", delivery="7f4c1e02")
    running.push(ref="refs/heads/main", head_commit=None)
    running.push(ref="refs/heads/main", commits=[commit])
    # Refused: another secret, and a sender whom nobody knows.
    running.push(ref="refs/heads/main", delivery="81aa0c55", secret="an old secret")
    running.push(ref="refs/heads/main", delivery="0b7d21f4", sender="gitlab", secret="guessed")


async def report(running: Day) -> None:
    """A delivery whose host was asked for facts, with runs whose states are reported."""
    cluster = await Cluster.open(Settings(kubeconfig=str(running.state / "kubeconfig")), Clock())
    told = (f"superseded {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} by ci-7b2c", "")
    try:
        for name, mark in zip(("ci-4f1a", "ci-7b2c"), told, strict=True):
            await cluster.own.create(WORKFLOWS, "default", _reported(name, mark))
        about = {"kind": "Workflow", "namespace": "default", "name": "ci-7b2c"}
        event = {
            "metadata": {"name": "ci-7b2c.1"},
            "involvedObject": about,
            "reason": "ReportFailed",
            "message": "the state was not reported on the commit: GitHub answered 401",
            "lastTimestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        await cluster.own.create(EVENTS, "default", event)
        facts = {"files": '["docs/console.md","README.md"]', "permission": "nil: GitHub answered 403"}
        binding = {"name": "ci", "matched": True, "reason": "", "report": "ci/build on org/app@1a1a1a1a1a1a"}
        delivery = {
            "at": datetime.now(UTC).timestamp(),
            "id": "9c1e77aa",
            "sender": "github",
            "event": "pull_request",
            "result": "created",
            "workflows": ["ci-4f1a", "ci-7b2c"],
            "bindings": [binding],
            "facts": facts,
        }
        body = {"data": {"picture": json.dumps(delivery)}}
        await cluster.own.patch(CONFIG_MAPS, "default", "triggerfish-deliveries", body)
    finally:
        await cluster.close()


def _reported(name: str, mark: str) -> dict[str, object]:
    sealed = Intent("github", "ci", "org/app", "1a" * 20, "ci/build").sealed("default", name, b"key")
    notes = {keys.REPORT: sealed, keys.REPORTED: mark, keys.SIMULATE: "20m"}
    labels = {keys.WORKFLOW_EVENT_BINDING: "ci", keys.REPORT: "running"}
    spec = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name, "labels": labels, "annotations": notes},
        "spec": spec,
    }


def terminal(running: Day) -> str:
    """The commands and what they print, as a picture without anything from elsewhere."""
    shown: list[Text] = []
    for line in COMMANDS:
        shown.append(Text.assemble(("$ ", "bold green"), (line, "bold")))
        printed = Text.from_ansi(running.run(line)).split("\n")
        for each in printed:
            each.rstrip()
        shown += [*printed, Text()]
    # As wide as can be read in a page; longer lines go on below, as in a terminal.
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for each in shown:
        console.print(each)
    local = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="triggerfish", code_format=local, unique_id="terminal")


def photograph(running: Day) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 1280, "height": 760}, color_scheme="light")
        keep = f"sessionStorage.setItem('triggerfish-token', '{running.token}')"
        context.add_init_script(f"if (location.protocol === 'http:') {keep}")
        page = context.new_page()

        def take(name: str, **query: str) -> Page:
            page.goto(f"{running.url}/console/index.html?{urlencode(query | {'namespace': 'default'})}")
            page.wait_for_load_state("networkidle")
            return page

        take("schedules", view="schedules", schedule="default/ingest")
        page.locator(".slot button").first.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / "console-schedules.png")
        take("deliveries", view="deliveries")
        page.locator(".delivery summary").nth(4).wait_for()
        page.locator(".delivery summary", has_text="created").first.click()
        page.mouse.move(0, 0)
        # The tree of every binding, and below it the other deliveries.
        page.set_viewport_size({"width": 1280, "height": 960})
        page.screenshot(path=PICTURES / "console-deliveries.png")
        page.set_viewport_size({"width": 1280, "height": 760})
        take("playground", view="playground")
        page.get_by_label("Payload").fill(
            json.dumps({"ref": "refs/tags/v1.4.0", "commits": [{"added": ["docs/console.md"]}]}, indent=2)
        )
        page.get_by_label("Selector").fill(
            'metadata["x-github-event"] == ["push"] &&\n  (payload.ref startsWith "refs/heads/" || '
            'any(payload.commits, any(.added, # startsWith "docs/")))'
        )
        page.get_by_label("Arguments").fill('version = trimPrefix(payload.ref, "refs/tags/")')
        page.get_by_label("WorkflowTemplate").fill("publish-docs")
        page.get_by_role("button", name="Evaluate").click()
        page.wait_for_timeout(800)
        page.screenshot(path=PICTURES / "console-playground.png")
        browser.close()


def look(running: Day, folder: Path) -> None:
    """Every screen at two widths, in light and in dark."""
    folder.mkdir(parents=True, exist_ok=True)
    queries = {
        "schedules": {"view": "schedules", "schedule": "default/flaky-sync"},
        "problems": {"view": "schedules", "show": "problem"},
        "deliveries": {"view": "deliveries"},
        "submit": {"view": "submit", "submit": "WorkflowTemplate/my-wf-tmple"},
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        for width, height in ((1440, 900), (390, 844)):
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    timezone_id="Europe/Berlin",
                )
                keep = f"sessionStorage.setItem('triggerfish-token', '{running.token}')"
                context.add_init_script(f"if (location.protocol === 'http:') {keep}")
                page = context.new_page()
                for name, query in queries.items():
                    page.goto(
                        f"{running.url}/console/index.html?{urlencode(query | {'namespace': 'default'})}"
                    )
                    page.wait_for_load_state("networkidle")
                    page.wait_for_timeout(800)
                    if name == "deliveries":
                        page.locator(".delivery summary", has_text="created").first.click()
                        page.locator(".delivery .bindings").first.wait_for()
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
