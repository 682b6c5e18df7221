"""A real Gitea sends, git pushes, and each event becomes a Workflow that has the right facts."""

import secrets

import pytest
from tests.real.forge import Forge, connect

pytestmark = pytest.mark.real


def test_a_push_of_commits(forge: Forge) -> None:
    before = forge.clone.git("rev-parse", "HEAD")
    first = forge.clone.commit(README="one", docs__a="a")
    second = forge.clone.commit(docs__b="b")
    forge.clone.push("main")
    found = forge.facts(lambda git: git["event"] == "push", "the push was not delivered")
    assert first != second
    assert found == known(
        forge,
        event="push",
        action="updated",
        sha=second,
        previous=before,
        branch="main",
        author=forge.owner.name,
        fork=False,
        source=forge.repository,
        source_url=address(forge, forge.repository),
        # As the payload lists them: the newest commit first.
        files=["docs/b", "README", "docs/a"],
    )


def test_a_new_branch_and_its_deletion(forge: Forge) -> None:
    forge.clone.git("checkout", "--quiet", "-b", "topic/a")
    sha = forge.clone.commit(a="1")
    forge.clone.push("topic/a")
    made = forge.facts(lambda git: git["action"] == "created", "the branch was not delivered")
    forge.clone.push("--delete", "topic/a")
    gone = forge.facts(lambda git: git["action"] == "deleted", "the deletion was not delivered")
    # Gitea sends "create" too: it is another event, so that one push starts one Workflow.
    assert [git for git in forge.runs() if git["event"] == "push" and git["action"] == "created"] == [made]
    assert (made["event"], made["branch"], made["sha"], made["previous"]) == ("push", "topic/a", sha, None)
    assert (gone["event"], gone["branch"], gone["sha"]) == ("push", "topic/a", None)


def test_a_tag_and_a_release(forge: Forge) -> None:
    sha = forge.clone.git("rev-parse", "HEAD")
    forge.clone.git("tag", "v1.0.0")
    forge.clone.push("v1.0.0")
    tag = forge.facts(lambda git: git["event"] == "tag", "the tag was not delivered")
    body = {"tag_name": "v1.0.0", "name": "One", "body": "First"}
    forge.gitea.call("POST", f"/repos/{forge.repository}/releases", body, by=forge.owner)
    release = forge.facts(lambda git: git["event"] == "release", "the release was not delivered")
    assert (tag["action"], tag["tag"], tag["branch"], tag["sha"]) == ("created", "v1.0.0", None, sha)
    assert (release["action"], release["tag"]) == ("published", "v1.0.0")
    assert release["author"] == forge.owner.name
    assert release["repository"] == forge.repository


def test_a_pull_request_of_the_repository_and_a_comment_on_it(forge: Forge) -> None:
    forge.clone.git("checkout", "--quiet", "-b", "topic")
    sha = forge.clone.commit(a="1")
    forge.clone.push("topic")
    number = forge.pull_request(forge.owner, "topic")
    opened = forge.facts(lambda git: git["event"] == "pull_request", "the pull request was not delivered")
    about = {
        "sha": sha,
        "branch": "topic",
        "base": "main",
        "number": number,
        "author": forge.owner.name,
        "fork": False,
        "source": forge.repository,
        "source_url": address(forge, forge.repository),
    }
    assert opened == known(forge, event="pull_request", action="opened", **about)
    later = forge.clone.commit(a="2")
    forge.clone.push("topic")
    updated = forge.facts(lambda git: git["action"] == "updated" and git["number"], "no update")
    assert (updated["event"], updated["sha"]) == ("pull_request", later)
    forge.comment(forge.owner, number, "/retest all\nIt is flaky.")
    comment = forge.facts(lambda git: git["event"] == "comment", "the comment was not delivered")
    told = ("action", "number", "author", "comment", "command", "arguments")
    assert [comment[name] for name in told] == [
        *("created", number, forge.owner.name),
        *("/retest all\nIt is flaky.", "retest", "all"),
    ]
    pull = f"/repos/{forge.repository}/pulls/{number}"
    forge.until(lambda: forge.gitea.call("GET", pull)["mergeable"], "Gitea does not find it mergeable")
    forge.gitea.call("POST", f"{pull}/merge", {"Do": "merge"}, by=forge.owner)
    forge.facts(lambda git: git["action"] == "merged", "the merge was not delivered")


def test_a_pull_request_of_a_fork(forge: Forge) -> None:
    stranger, clone = forge.person("stranger")
    clone.git("checkout", "--quiet", "-b", "fix")
    sha = clone.commit(a="1")
    clone.push("fix")
    number = forge.pull_request(stranger, f"{stranger.name}:fix")
    found = forge.facts(lambda git: git["event"] == "pull_request", "the pull request was not delivered")
    assert found == known(
        forge,
        event="pull_request",
        action="opened",
        sha=sha,
        branch="fix",
        base="main",
        number=number,
        author=stranger.name,
        fork=True,
        source=clone.repository,
        source_url=address(forge, clone.repository),
    )


def test_a_strangers_push_without_a_branch_is_a_pull_request_of_a_fork(forge: Forge) -> None:
    stranger, clone = forge.person("agit")
    sha = clone.commit(a="1")
    clone.git("remote", "add", "upstream", clone.url(forge.repository))
    clone.git("push", "--quiet", "upstream", "HEAD:refs/for/main", "-o", "topic=fix", "-o", "title=Please")
    found = forge.facts(lambda git: git["event"] == "pull_request", "the pull request was not delivered")
    told = ("action", "sha", "base", "author", "fork")
    assert [found[name] for name in told] == ["opened", sha, "main", stranger.name, True]


def hooks(forge: Forge) -> list[dict]:
    found: list[dict] = forge.gitea.call("GET", f"/repos/{forge.repository}/hooks")
    return found


def test_connect_makes_one_webhook_however_often_it_is_called(forge: Forge) -> None:
    (hook,) = hooks(forge)
    assert hook["config"]["url"] == f"{forge.place.function.url}/api/v1/events/{forge.place.namespace}/"
    again = connect(forge.place, forge.gitea, forge.owner, forge.repository)
    assert [each["id"] for each in hooks(forge)] == [int(again["hook"]["id"])]
    assert {row["state"] for row in again["objects"]} == {"unchanged"}
    # The host gets the new secret, so nobody has to see it: after two rotations the first counts no longer.
    for _ in range(2):
        rotated = connect(forge.place, forge.gitea, forge.owner, forge.repository, "--rotate")
        assert "secret" not in rotated["hook"]
    sha = forge.clone.commit(a="1")
    forge.clone.push("main")
    assert forge.facts(lambda git: git["event"] == "push", "the push was not delivered")["sha"] == sha


def test_a_test_delivery_is_waited_for(forge: Forge) -> None:
    done = connect(forge.place, forge.gitea, forge.owner, forge.repository, "--test")
    assert done["test"] == "push arrived"


def test_a_token_without_the_rights_makes_no_webhook_and_is_told(forge: Forge) -> None:
    stranger = forge.gitea.person(f"nobody-{secrets.token_hex(3)}")
    done = connect(forge.place, forge.gitea, stranger, forge.repository, code=1)
    assert done["fault"] == "Gitea answered 403"
    assert len(hooks(forge)) == 1


def test_another_secret_starts_nothing(forge: Forge) -> None:
    (hook,) = hooks(forge)
    url = f"/repos/{forge.repository}/hooks"
    config = {"url": hook["config"]["url"], "content_type": "json", "secret": "another"}
    body = {"type": "gitea", "active": True, "events": ["push"], "config": config}
    other = forge.gitea.call("POST", url, body)["id"]
    forge.gitea.call("POST", f"{url}/{other}/tests")
    forge.until(
        lambda: any(
            forge.place.namespace in line and '"status":401' in line
            for line in forge.place.function.log.splitlines()
        ),
        "the refusal was not logged",
    )
    assert forge.runs() == []


def address(forge: Forge, repository: str) -> str:
    return f"{forge.gitea.url}/{repository}.git"


def known(forge: Forge, **facts: object) -> dict:
    """All facts of an event of the repository; those not named are nil."""
    names = ("event", "action", "repository", "url", "sha", "previous", "branch", "tag", "base", "number")
    more = (
        "author",
        "fork",
        "source",
        "source_url",
        "files",
        "comment",
        "command",
        "arguments",
        "permission",
    )
    here = {"repository": forge.repository, "url": address(forge, forge.repository)}
    return {**dict.fromkeys((*names, *more)), **here, **facts}
