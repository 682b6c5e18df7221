"""The events function is stopped while people push to a real Gitea, which sends nothing a second time."""

import contextlib
from pathlib import Path

import pytest
from tests.real.apiserver import ApiServer
from tests.real.forge import made
from tests.real.gitea import Gitea
from tests.real.gitea_page import HookPage
from tests.support import functions
from tests.support.deployed import kubeconfig
from tests.support.events import Place
from tests.support.real import Real

pytestmark = pytest.mark.real


def test_what_was_pushed_meanwhile_runs_once_it_is_redelivered_and_runs_once(
    real_server: ApiServer, gitea: Gitea, tmp_path: Path
) -> None:
    with contextlib.closing(Real(real_server)) as real:
        settings = {"KUBECONFIG": str(kubeconfig(real, "triggerfish-events", tmp_path))}
        place = Place(real, None, real.new_namespace(), "")
        with functions.start("events", settings) as place.function:
            forge = made(place, gitea, tmp_path)
            port = place.function.port
            place.template()
            place.binding(selector='git.event == "push"', value="git")
        (hook,) = gitea.call("GET", f"/repos/{forge.repository}/hooks")
        page = HookPage.of(gitea, forge.owner, forge.repository, hook["id"])
        missed = []
        for number in range(2):
            missed.append(forge.clone.commit(a=str(number)))
            forge.clone.push("main")
        failed = forge.until(
            lambda: (found := page.deliveries("red")) and len(found) == 2 and found, "nothing failed"
        )
        with functions.start("events", settings, port=port) as place.function:
            later = forge.clone.commit(a="later")
            forge.clone.push("main")
            forge.facts(lambda git: git["sha"] == later, "the push after it was not delivered")
            # What was lost is visible: the commit before is not the one of the last run.
            assert [git["previous"] for git in forge.runs()] == [missed[-1]]
            for again in (1, 2):
                for delivery in failed:
                    page.redeliver(delivery)
                good = 1 + 2 * again
                forge.until(lambda count=good: len(page.deliveries("green")) == count, "it failed again")
            assert sorted(git["sha"] for git in forge.runs()) == sorted([*missed, later])
