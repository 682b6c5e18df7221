"""Commands in comments on pull requests, from a signed delivery to the Workflow and the status."""

import pytest
from tests.hosts.fake_hosts import Before, answered
from tests.support.hosted import A, B, Hosted, comment, pull_request

from triggerfish.errors import HostUnanswered
from triggerfish.kube.resources import WORKFLOWS

SELECTOR = 'git.event == "pull_request" && git.base == "main"'
HEAD = "1a" * 20
WAITING = f"waiting for /ok-to-test {HEAD}"
FORK = {"full_name": "stranger/app", "clone_url": "https://github.com/stranger/app.git"}


class Desk(Hosted):
    """`mona` may write, `max` may read; pull request 7 has the head that `HEAD` names."""

    def __init__(self, commands="retest, cancel, ok-to-test", selector=SELECTOR, clients=None, **notes):
        super().__init__(reports="on", delivery_record=20, clients=clients)
        self.host.permissions |= {("org/app", "mona"): "write", ("org/app", "max"): "read"}
        notes |= {"triggerfish.dev/commands": commands, "triggerfish.dev/report": "ci/build"}
        self.bind(selector, parameter="git.sha", annotations=notes)

    def open(self, *, by="max", fork=True, sha=HEAD, state="open"):
        """The pull request as the host has it now."""
        head = {"sha": sha, "ref": "topic", "repo": FORK if fork else {"full_name": "org/app"}}
        base = {"sha": B, "ref": "main", "repo": {"full_name": "org/app"}}
        self.host.pull("org/app", 7, user={"login": by, "id": 1}, head=head, base=base, state=state)

    async def says(self, text, by="mona", number="c"):
        """The reason of the only binding, after a comment."""
        answer = await self.send(comment(text, by), number=number)
        assert answer.status == 200, answer.body
        await self.quiet()
        [told] = answer.body["bindings"]
        return told.get("reason", "")

    async def pushes(
        self, *, by="max", sender=None, source="stranger/app", action="opened", number="p", sha=HEAD
    ):
        """The same after an event of the pull request."""
        payload = pull_request(action, sha=sha, by=by, sender=sender, source=source)
        answer = await self.send(payload, event="pull_request", number=number)
        assert answer.status == 200, answer.body
        await self.quiet()
        [told] = answer.body["bindings"]
        return told.get("reason", "")

    @property
    def status(self):
        """State and description on the head."""
        return self.host.latest("org/app", HEAD, "ci/build")

    def unfinished(self):
        """The names of the runs that were not told to end."""
        return [one["metadata"]["name"] for one in self.workflows if "shutdown" not in one["spec"]]


@pytest.fixture
def desk():
    found = Desk()
    found.open()
    return found


async def test_a_branch_of_the_repository_itself_runs_at_once(desk):
    assert await desk.pushes(by="mona", source="org/app") == ""
    assert desk.parameters == [HEAD]
    assert desk.calls == [f"/repos/org/app/statuses/{HEAD}"]


async def test_a_stranger_s_pull_request_waits_and_its_status_says_for_what(desk):
    reason = await desk.pushes()
    assert reason == f"{WAITING}: it comes from a fork, and max has read"
    assert desk.workflows == []
    assert desk.status == ("pending", WAITING)
    for _ in range(200):
        await desk.clock.sleep(0)
    [record] = desk.recorded
    assert record["bindings"][0]["reason"] == reason
    assert record["facts"] == {"permission of max": "read"}


async def test_what_it_waits_for_and_who_was_refused_is_told_before_the_answer(desk):
    """A platform may take the processor away with the answer, and nobody would tell it later."""
    await desk.send(pull_request(sha=HEAD, by="max", source="stranger/app"), event="pull_request")
    assert desk.status == ("pending", WAITING)
    await desk.send(comment("/retest", "max"), number="c")
    assert desk.status[1].startswith(f"{WAITING}; /retest is for those who may write")


@pytest.mark.parametrize(
    ("by", "sender", "runs"),
    [
        pytest.param("mona", "mona", 1, id="both write"),
        pytest.param("max", "mona", 0, id="its opener may not"),
        pytest.param("mona", "max", 0, id="its sender may not"),
        pytest.param("ghost", "mona", 0, id="nobody knows"),
    ],
)
async def test_a_fork_s_pull_request_runs_when_both_may_write(desk, by, sender, runs):
    await desk.pushes(by=by, sender=sender)
    assert len(desk.workflows) == runs


async def test_ok_to_test_by_somebody_with_write_starts_the_commit_that_it_names(desk):
    await desk.pushes()
    assert await desk.says(f"/ok-to-test {HEAD}") == ""
    assert desk.parameters == [HEAD]
    assert desk.workflows[0]["metadata"]["annotations"]["triggerfish.dev/approved"] == HEAD
    assert desk.status == ("pending", "waiting to start")
    # The host sends it again: it is the same run.
    await desk.says(f"/ok-to-test {HEAD}")
    assert len(desk.workflows) == 1


@pytest.mark.parametrize(
    ("text", "by", "reason"),
    [
        pytest.param(
            f"/ok-to-test {HEAD}",
            "max",
            "/ok-to-test is for those who may write: max has read",
            id="a reader",
        ),
        pytest.param(f"/ok-to-test {HEAD}", "ghost", "the rights of ghost are not known", id="nobody knows"),
        pytest.param(
            "/ok-to-test", "mona", f"/ok-to-test names no commit, and the head is {HEAD}", id="no commit"
        ),
        pytest.param(f"/ok-to-test {HEAD[:12]}", "mona", "and the head is", id="in short"),
        pytest.param(
            f"/ok-to-test {A}", "mona", f"/ok-to-test names {A}, and the head is {HEAD}", id="another commit"
        ),
        pytest.param(
            "/retest", "max", "/retest is for those who may write: max has read", id="retest by a reader"
        ),
        pytest.param(
            "/cancel", "max", "/cancel is for those who may write: max has read", id="cancel by a reader"
        ),
        pytest.param(
            "/retest",
            "mona",
            f"{WAITING}: it comes from a fork, and max has read",
            id="retest obeys the hold",
        ),
    ],
)
async def test_who_is_refused_is_told_in_the_status_and_runs_nothing(desk, text, by, reason):
    await desk.pushes()
    told = await desk.says(text, by)
    assert reason in told
    assert desk.workflows == []
    state, words = desk.status
    assert state == "pending"
    assert words.startswith(WAITING)
    if "waiting" not in told:
        assert words == f"{WAITING}; {told}"[:139] + ("…" if len(f"{WAITING}; {told}") > 140 else words[139:])
    assert not any(call.endswith("/comments") for call in desk.calls)


async def test_what_it_waits_for_is_in_full_also_where_the_payload_has_its_beginning(desk):
    desk.open()
    assert (await desk.pushes(sha=HEAD[:12])).startswith(f"{WAITING}:")
    assert desk.workflows == []
    await desk.says(f"/ok-to-test {HEAD[:12]}", number="short")
    assert desk.workflows == []
    await desk.says(f"/ok-to-test {HEAD}", number="whole")
    assert desk.parameters == [HEAD]


async def test_of_a_push_that_slips_in_the_payload_s_commit_stays(desk):
    desk.open(sha="2b" * 20)
    assert (await desk.pushes(sha=HEAD[:12])).startswith(f"waiting for /ok-to-test {HEAD[:12]}:")


async def test_a_push_that_slips_in_before_the_ok_waits(desk):
    await desk.pushes(sha=A)
    assert f"the head is {HEAD}" in await desk.says(f"/ok-to-test {A}")
    assert desk.workflows == []


async def test_a_later_push_needs_it_again(desk):
    await desk.pushes(sha=A)
    desk.open(sha=A)
    assert await desk.says(f"/ok-to-test {A}") == ""
    desk.open(sha=HEAD)
    assert WAITING in await desk.pushes(action="synchronize", number="p2")
    assert WAITING in await desk.says("/retest", number="c2")
    assert desk.parameters == [A]


async def test_retest_of_a_commit_that_was_let_through_runs_it_again(desk):
    await desk.says(f"/ok-to-test {HEAD}")
    assert await desk.says("/retest", number="c2") == ""
    assert desk.parameters == [HEAD, HEAD]
    assert "write" in await desk.says("/retest", by="max", number="c3")
    assert len(desk.workflows) == 2


async def test_retest_runs_the_head_as_it_is_now(desk):
    desk.open(by="mona", fork=False, sha=A)
    await desk.pushes(by="mona", source="org/app", sha=A)
    desk.open(by="mona", fork=False, sha=HEAD)
    assert await desk.says("/retest") == ""
    assert sorted(desk.parameters) == [HEAD, A]


async def test_retest_runs_a_commit_that_a_deduplication_key_has_seen():
    desk = Desk(**{"triggerfish.dev/deduplication-key": "git.sha"})
    desk.open(by="mona", fork=False)
    await desk.pushes(by="mona", source="org/app")
    await desk.pushes(by="mona", source="org/app", number="p2")
    assert len(desk.workflows) == 1
    await desk.says("/retest")
    assert len(desk.workflows) == 2


async def test_cancel_ends_what_runs_for_the_pull_request_and_nothing_else(desk):
    desk.bind("true", name="plain")
    desk.open(by="mona", fork=False)
    desk.host.pulls["org/app", 8] = {**desk.host.pulls["org/app", 7], "number": 8}
    for number in (7, 8):
        payload = pull_request(sha=HEAD)
        payload["pull_request"]["number"] = payload["number"] = number
        await desk.send(payload, event="pull_request", number=str(number))
    before = desk.unfinished()
    answer = await desk.send(comment("/cancel"))
    told = {each["name"]: each.get("reason", "") for each in answer.body["bindings"]}
    [ended] = set(before) - set(desk.unfinished())
    assert told["b"] == f"/cancel ended {ended}"


async def test_cancel_ends_runs_that_the_selector_no_longer_takes(desk):
    desk.open(by="mona", fork=False)
    await desk.pushes(by="mona", source="org/app")
    desk.host.pulls["org/app", 7]["base"]["ref"] = "next"
    assert "ended" in await desk.says("/cancel")
    assert desk.unfinished() == []


@pytest.mark.parametrize(("late", "ended"), [(50, True), (70, False)])
async def test_a_cancel_that_comes_late_ends_no_run_that_was_started_since(desk, late, ended):
    desk.open(by="mona", fork=False)
    written = desk.clock.now()
    desk.clock.seconds[0] += late
    await desk.pushes(by="mona", source="org/app")
    order = comment("/cancel")
    order["comment"]["created_at"] = written.strftime("%Y-%m-%dT%H:%M:%SZ")
    await desk.send(order, number="late")
    assert desk.unfinished() == ([] if ended else [desk.workflows[0]["metadata"]["name"]])


@pytest.mark.parametrize(("between", "ended"), [(-1, True), (0, True), (0.9, True), (1, False)])
async def test_a_cancel_that_a_retest_has_overtaken_does_not_end_its_run(desk, between, ended):
    desk.open(by="mona", fork=False)
    cancel, retest = comment("/cancel"), comment("/retest")
    for order, second in ((cancel, 30), (retest, 30 + between)):
        order["comment"]["created_at"] = f"2026-02-28T23:59:{second}Z"
    await desk.send(retest, number="retest")
    [run] = desk.unfinished()
    await desk.send(cancel, number="cancel")
    assert desk.unfinished() == ([] if ended else [run])


async def test_a_run_that_has_ended_is_not_cancelled(desk):
    desk.open(by="mona", fork=False)
    await desk.pushes(by="mona", source="org/app")
    patch = {"metadata": {"labels": {"workflows.argoproj.io/completed": "true"}}}
    desk.model.edit(WORKFLOWS, "team", desk.workflows[0]["metadata"]["name"], patch, "controller")
    assert await desk.says("/cancel") == "/cancel: no run is unfinished"


async def test_the_selector_judges_the_pull_request_and_not_the_comment(desk):
    desk.open(by="mona", fork=False)
    desk.host.pulls["org/app", 7]["base"]["ref"] = "next"
    told = await desk.says("/retest")
    assert told == 'git.base == "main" is false: git.base is "next"'
    assert desk.workflows == []


async def test_files_of_the_pull_request_are_asked_for_as_ever():
    desk = Desk(selector='"docs/a.md" in git.files')
    desk.open(by="mona", fork=False)
    desk.host.files["org/app", 7] = ["docs/a.md"]
    await desk.says("/retest")
    assert len(desk.workflows) == 1


async def test_a_closed_pull_request_is_not_tested_again(desk):
    desk.open(by="mona", fork=False, state="closed")
    assert await desk.says("/retest") == "/retest is for open pull requests"
    assert desk.workflows == []


@pytest.mark.parametrize("commands", ["cancel", "ok-to-test"])
async def test_a_command_that_the_binding_does_not_name_is_a_comment(commands):
    desk = Desk(commands=commands)
    desk.open(by="mona", fork=False)
    assert "git.event" in await desk.says("/retest")
    assert desk.workflows == []


async def test_a_status_that_tells_of_a_run_keeps_its_state(desk):
    """A stranger's comment changes no result, and an event of a commit that has run asks for nothing."""
    await desk.says(f"/ok-to-test {HEAD}")
    desk.host.statuses["org/app", HEAD].insert(
        0, {"context": "ci/build", "state": "success", "description": "succeeded", "target_url": ""}
    )
    await desk.says("/retest", by="max", number="c2")
    assert desk.status == ("success", "/retest is for those who may write: max has read")
    await desk.pushes(action="labeled", number="p2")
    assert desk.status[0] == "success"
    assert len(desk.workflows) == 1


async def test_a_comment_cannot_change_the_status_of_a_run_that_goes_on(desk):
    await desk.says(f"/ok-to-test {HEAD}")
    assert desk.status == ("pending", "waiting to start")
    await desk.says("/retest", by="max", number="c2")
    assert desk.status == ("pending", "waiting to start")


async def test_without_a_credential_a_fork_waits_for_ever():
    desk = Desk(clients={"github.com": {"type": "github"}})
    desk.open()
    assert "has no repositories" in await desk.pushes(by="mona")
    assert "the pull request is not known" in await desk.says(f"/ok-to-test {HEAD}")
    assert (desk.workflows, desk.calls) == ([], [])


async def test_without_a_credential_a_branch_of_the_repository_runs():
    desk = Desk(clients={"github.com": {"type": "github"}})
    await desk.pushes(by="mona", source="org/app")
    assert len(desk.workflows) == 1


async def test_another_event_of_which_nobody_knows_whose_commits_run_does_not():
    desk = Desk(selector="true")
    release = {
        "action": "published",
        "release": {"tag_name": "v1"},
        "repository": pull_request()["repository"],
    }
    answer = await desk.send(release, event="release")
    assert desk.workflows == []
    assert "runs pull requests and pushes alone" in answer.body["bindings"][0]["reason"]


@pytest.mark.parametrize("text", ["/retest", f"/ok-to-test {HEAD}"])
async def test_when_the_host_does_not_answer_the_comment_comes_again(desk, text):
    desk.hosts.faults = [Before(HostUnanswered("GitHub answered 503"))]
    answer = await desk.send(comment(text))
    assert (answer.status, desk.workflows) == (503, [])


async def test_a_host_that_refuses_to_show_the_pull_request(desk):
    desk.hosts.faults = [Before(answered({}, 404))]
    assert await desk.says("/retest") == "/retest: the pull request is not known: GitHub answered 404"


async def test_a_command_and_a_binding_without_commands_are_judged_together(desk):
    desk.open(by="mona", fork=False)
    desk.bind('git.event == "comment" && git.permission == "write"', name="plain", parameter="git.author")
    answer = await desk.send(comment("/retest"))
    assert sorted(desk.parameters) == [HEAD, "mona"]
    assert [each["matched"] for each in answer.body["bindings"]] == [True, True]
    assert len([call for call in desk.calls if call.endswith("/permission")]) == 1


async def test_a_binding_whose_annotation_has_a_mistake_runs_nothing():
    desk = Desk(commands="ok-to-tset")
    desk.open()
    answer = await desk.send(pull_request(source="stranger/app"), event="pull_request")
    assert (answer.status, desk.workflows) == (200, [])
    assert "there is no command 'ok-to-tset'" in answer.body["bindings"][0]["reason"]
