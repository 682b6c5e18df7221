"""The start of a function under the real Functions Framework: wrong settings end it before it listens."""

import json
import subprocess
import sys

import pytest
from tests.support import functions
from tests.support.wrong_settings import TABLE, good

import triggerfish
from triggerfish.runtime.starting import EX_CONFIG

TRIED = (
    "no cluster",
    "a pod without a token and an authority",
    "a zone with a typo",
    "three at once, in one line",
)
BY_NAME = {wrong.name: wrong for wrong in TABLE}


@pytest.mark.parametrize("name", TRIED)
def test_one_json_line_names_every_wrong_setting_and_the_process_ends(name, tmp_path):
    wrong = BY_NAME[name]
    done = functions.run(wrong.function, wrong.given(tmp_path))
    assert done.returncode == EX_CONFIG == 78
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert (told["severity"], told["function"]) == ("CRITICAL", wrong.function)
    expected = wrong.sentences(tmp_path)
    assert [one["message"] for one in told["wrong"]] == expected
    assert all(one["message"].startswith(one["variable"]) for one in told["wrong"])
    assert all(sentence in told["message"] for sentence in expected)


def test_a_token_that_is_wrong_is_not_shown(tmp_path):
    done = functions.run("cron", {**good(tmp_path), "TICK_TOKEN": "hush token"})
    assert done.returncode == EX_CONFIG
    assert "TICK_TOKEN" in done.stdout
    assert "hush" not in done.stdout


@pytest.mark.parametrize("target", ["", "other"])
@pytest.mark.parametrize("function", ["cron", "events"])
def test_an_import_that_serves_nobody_checks_nothing(function, target):
    code = f"import runpy; runpy.run_path({str(functions.source_of(function))!r})"
    environment = functions.inherited({"EVENT_CONCURRENCY": "0", "FUNCTION_TARGET": target})
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("function", ["cron", "events"])
def test_a_good_start_says_how_it_is_set_up(function, tmp_path):
    settings = {**good(tmp_path), "TICK_TOKEN": "hush", "EVENTS_CONCURRENCY": "8"}
    with functions.start(function, settings) as running:
        assert running.said('"message":"start"')
    lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    (start,) = [line for line in lines if line["message"] == "start"]
    assert start["settings"] == {"KUBECONFIG": settings["KUBECONFIG"], "TICK_TOKEN": "(set)"}
    assert (start["function"], start["version"]) == (function, triggerfish.__version__)
    assert start["zones"]["version"] >= "2026f"
    (typo,) = [line["message"] for line in lines if line["severity"] == "WARNING"]
    assert typo.endswith("EVENTS_CONCURRENCY is no setting, and is not read; did you mean EVENT_CONCURRENCY?")
    assert "hush" not in running.log


WATCHED = """
import sys
import functions_framework.aio, uvicorn_worker
from triggerfish.http.connection import bounded_worker
import triggerfish.{function}_function.app
import triggerfish.runtime.logs
from triggerfish.expressions import zonefiles
zonefiles.at_hand()
{first}
before = set(sys.modules)
from triggerfish.{function}_function import starting
starting.start()
print(*sorted(set(sys.modules) - before), sep="\\n", file=sys.stderr)
"""
# The first request that does something needs these in any case.
FIRST = {
    "cron": "import triggerfish.cron_function.tick",
    "events": "import triggerfish.events_function.service, triggerfish.events_function.api.events",
}


@pytest.mark.parametrize("place", [{}, {"KUBE_AUTH": "gke", "GKE_HOST": "10.0.0.1"}])
@pytest.mark.parametrize("function", FIRST)
def test_the_check_imports_only_itself(function, place, tmp_path):
    """A cold start counts: nothing is imported for it that the first tick or delivery can do without."""
    code = WATCHED.format(function=function, first=FIRST[function])
    given = {**good(tmp_path), **place, "FUNCTION_TARGET": function}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=functions.inherited(given),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "KUBECONFIG" in done.stdout
    imported = set(done.stderr.split())
    expected = {
        f"triggerfish.{function}_function.starting",
        "triggerfish.kube.identities",
        "triggerfish.kube.identities.place",
        "triggerfish.kube.setting_checks",
        "triggerfish.runtime.misspelt",
        "triggerfish.runtime.starting",
        # What a kubeconfig needs, which is read again with the first request.
        "triggerfish.kube.kubeconfig",
    }
    # yaml's C half brings Cython's own module.
    assert {name for name in imported - expected if not name.startswith(("yaml", "_cython"))} == set()


NEEDLESS = (
    "aiohttp",
    "email.policy",
    "triggerfish.cron",
    "triggerfish.expressions.cel",
    "triggerfish.expressions.jsonpath",
    "triggerfish.expressions.sprig",
    "triggerfish.hostapi",
    "triggerfish.workflows.options",
    "triggerfish.workflows.validation",
)


def test_the_first_delivery_imports_nothing_that_it_can_do_without(tmp_path):
    """A fresh process answers as soon as a bare function does: `make bench`, tests/bench/test_delivery.py."""
    code = f"import sys\n{FIRST['events']}\nprint([name for name in {NEEDLESS} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=functions.inherited(good(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
