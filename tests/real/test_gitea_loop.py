"""What becomes of a run is read back from Gitea; what decides is asked there."""

import secrets

import pytest
from tests.real.loop import Loop

pytestmark = pytest.mark.real


def test_a_push_runs_and_its_commit_says_each_step(loop: Loop) -> None:
    loop.bind("push", 'git.event == "push"')
    sha = loop.clone.commit(a="1")
    loop.clone.push("main")
    name = loop.one("the push was not delivered", sha=sha)
    loop.says(sha, "pending", "waiting to start")
    loop.becomes(name, "Running")
    loop.tick()
    loop.says(sha, "pending", "running")
    loop.becomes(name, "Succeeded")
    loop.tick()
    loop.says(sha, "success", "succeeded")
    newest = max(loop.gitea.statuses(loop.repository, sha), key=lambda each: each["id"])
    assert newest["target_url"] == f"https://argo.example.com/workflows/{loop.place.namespace}/{name}"
    # Nothing has changed, so nothing is posted.
    count = len(loop.gitea.statuses(loop.repository, sha))
    loop.tick()
    assert len(loop.gitea.statuses(loop.repository, sha)) == count


def test_a_failure_has_its_message_and_is_read_back_and_let_go(loop: Loop) -> None:
    loop.bind("push", 'git.event == "push"')
    sha = loop.clone.commit(a="1")
    loop.clone.push("main")
    name = loop.one("the push was not delivered", sha=sha)
    loop.announced(sha)
    loop.becomes(name, "Failed", "child 'unit' failed")
    loop.tick()
    loop.says(sha, "failure", "failed: child 'unit' failed")
    # Somebody's late "pending" is set right, a minute after the end.
    late = {"state": "pending", "context": "ci/build", "description": "late"}
    loop.gitea.call("POST", f"/repos/{loop.repository}/statuses/{sha}", late, by=loop.owner)
    notes = loop.workflow(name)["metadata"]["annotations"]
    kept, _, _ = notes["triggerfish.dev/reported"].partition(" ")
    loop.annotate(name, "triggerfish.dev/reported", f"{kept} 2026-01-01T00:00:00Z")
    loop.tick()
    loop.says(sha, "failure", "failed: child 'unit' failed")
    loop.annotate(name, "triggerfish.dev/reported", f"{kept} 2026-01-01T00:00:00Z")
    loop.tick()
    metadata = loop.workflow(name)["metadata"]
    assert metadata["labels"]["triggerfish.dev/report"] == "done"
    assert "finalizers" not in metadata


def test_tags_releases_and_pull_requests_of_each_kind_are_reported(loop: Loop) -> None:
    loop.bind("all", 'git.event in ["tag", "pull_request"]', report='"ci/" + git.event')
    first = loop.clone.git("rev-parse", "HEAD")
    loop.clone.git("tag", "v1")
    loop.clone.push("v1")
    tagged = loop.one("the tag was not delivered", tag="v1")
    loop.clone.git("checkout", "--quiet", "-b", "topic")
    own = loop.clone.commit(a="1")
    loop.clone.push("topic")
    loop.pull_request(loop.owner, "topic")
    stranger, clone = loop.person("stranger")
    clone.git("checkout", "--quiet", "-b", "fix")
    foreign = clone.commit(b="1")
    clone.push("fix")
    loop.pull_request(stranger, f"{stranger.name}:fix")
    clone.git("remote", "add", "upstream", clone.url(loop.repository))
    agit = clone.commit(c="1")
    clone.git("push", "--quiet", "upstream", "HEAD:refs/for/main", "-o", "topic=agit", "-o", "title=AGit")
    names = [tagged, *(loop.one("a pull request is missing", sha=sha) for sha in (own, foreign, agit))]
    loop.announced(first, context="ci/tag")
    for sha in (own, foreign, agit):
        loop.announced(sha, context="ci/pull_request")
    for name in names:
        loop.becomes(name, "Succeeded")
    loop.tick()
    loop.says(first, "success", "succeeded", "ci/tag")
    for sha in (own, foreign, agit):
        loop.says(sha, "success", "succeeded", "ci/pull_request")


def test_the_files_of_a_pull_request_decide(loop: Loop) -> None:
    loop.bind("docs", 'git.event == "pull_request" && any(git.files, # startsWith "docs/")', report="ci/docs")
    loop.bind("code", 'git.event == "pull_request" && any(git.files, # startsWith "src/")', report="ci/code")
    loop.clone.git("checkout", "--quiet", "-b", "topic")
    sha = loop.clone.commit(docs__a="1", other="1")
    loop.clone.push("topic")
    loop.pull_request(loop.owner, "topic")
    loop.one("the pull request was not delivered", sha=sha)
    loop.says(sha, "pending", "waiting to start", "ci/docs")
    assert loop.status(sha, "ci/code") is None
    assert len(loop.workflows()) == 1


def test_the_rights_of_who_comments_decide(loop: Loop) -> None:
    selector = 'git.event == "comment" && git.command == "retest" && git.permission in ["admin", "write"]'
    loop.bind("retest", selector, report="")
    loop.clone.git("checkout", "--quiet", "-b", "topic")
    loop.clone.commit(a="1")
    loop.clone.push("topic")
    number = loop.pull_request(loop.owner, "topic")
    writer, reader = (loop.gitea.person(f"{name}-{secrets.token_hex(3)}") for name in ("writer", "reader"))
    for person, right in ((writer, "write"), (reader, "read")):
        path = f"/repos/{loop.repository}/collaborators/{person.name}"
        loop.gitea.call("PUT", path, {"permission": right}, by=loop.owner)
    for person in (reader, writer, loop.owner):
        loop.comment(person, number, "/retest")
    for person in (writer, loop.owner):
        loop.one("a comment was not delivered", author=person.name)
    assert {loop.facts_of(each)["author"] for each in loop.workflows()} == {writer.name, loop.owner.name}
    assert {loop.facts_of(each)["permission"] for each in loop.workflows()} == {"write", "admin"}


def test_a_wrong_token_is_told_and_the_run_is_unharmed(loop: Loop) -> None:
    loop.credential("a-wrong", "0" * 40)
    loop.bind("push", 'git.event == "push"')
    loop.bind("asking", 'git.event == "push" && git.permission == "admin"', report="")

    def pushed() -> list[str]:
        sha = loop.clone.commit(a=secrets.token_hex(4))
        loop.clone.push("main")
        name = loop.one("the push was not delivered", sha=sha)
        return (
            [name]
            if '"a-wrong"' in loop.workflow(name)["metadata"]["annotations"]["triggerfish.dev/report"]
            else []
        )

    (name,) = loop.until(pushed, "the wrong credential is not used")
    loop.becomes(name, "Succeeded")
    loop.tick()
    reasons = loop.events_of("Workflow", name)
    assert ("ReportFailed", "the state was not reported on the commit: Gitea answered 401") in reasons
    assert loop.workflow(name)["status"]["phase"] == "Succeeded"
    loop.until(lambda: "git.permission is nil: Gitea answered 401" in loop.recorded(), loop.recorded())
    for log in (loop.place.function.log, loop.cron.log):
        assert "0" * 40 not in log
        assert loop.owner.token not in log


def test_what_matched_and_made_no_run_is_an_error_on_the_commit(loop: Loop) -> None:
    loop.bind("broken", 'git.event == "push"')
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{loop.place.namespace}/workfloweventbindings/"
    patch = {"spec": {"submit": {"workflowTemplateRef": {"name": "none-such"}}}}
    status, answer = loop.place.cluster.request(
        "PATCH", f"{path}broken-{loop.owner.name}", patch, content_type="application/merge-patch+json"
    )
    assert status == 200, answer
    sha = loop.clone.commit(a="1")
    loop.clone.push("main")
    found = loop.until(lambda: loop.status(sha), "nothing is said")
    assert found[0] == "error"
    assert "none-such" in found[1]


def test_a_newer_run_of_a_commit_is_the_one_that_counts(loop: Loop) -> None:
    loop.bind("push", 'git.event == "push"')
    loop.clone.git("checkout", "--quiet", "-b", "one")
    sha = loop.clone.commit(a="1")
    loop.clone.push("one")
    first = loop.one("the push was not delivered", branch="one")
    loop.clone.git("checkout", "--quiet", "-b", "two")
    loop.clone.push("two")
    second = loop.one("the second push was not delivered", branch="two")
    loop.announced(sha, 2)
    loop.becomes(second, "Succeeded")
    loop.tick()
    loop.says(sha, "success", "succeeded")
    loop.becomes(first, "Failed", "too late")
    loop.tick()
    loop.tick()
    loop.says(sha, "success", "succeeded")
