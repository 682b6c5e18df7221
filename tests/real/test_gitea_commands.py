"""`/retest`, `/cancel` and `/ok-to-test` in comments at a real Gitea, by people with rights and without."""

import secrets

import pytest
from tests.real.clones import Clone
from tests.real.gitea import Person
from tests.real.loop import Loop

pytestmark = pytest.mark.real

SELECTOR = 'git.event == "pull_request" && git.action in ["opened", "updated", "reopened"]'
COMMANDS = "retest, cancel, ok-to-test"


class Review:
    """A pull request of ``author`` from ``clone``'s branch; comments on it, and what they led to."""

    def __init__(self, loop: Loop, author: Person, clone: Clone) -> None:
        self.loop, self.author, self.clone = loop, author, clone
        clone.git("checkout", "--quiet", "-b", "topic")
        self.sha = self.push()
        head = "topic" if clone is loop.clone else f"{author.name}:topic"
        self.number = loop.pull_request(author, head)

    def push(self) -> str:
        """One more commit; its name."""
        self.sha = self.clone.commit(a=secrets.token_hex(4))
        self.clone.push("topic")
        return self.sha

    def says(self, person: Person, text: str) -> None:
        """A comment, when the function has answered to its delivery."""
        heard = self.heard()
        self.loop.comment(person, self.number, text)
        self.loop.until(lambda: self.heard() == heard + 1, f"{text} was not delivered")

    def heard(self) -> int:
        """How many comments were delivered."""
        lines = self.loop.place.function.log.splitlines()
        return sum('"event":"issue_comment"' in line and self.loop.place.namespace in line for line in lines)

    def runs(self, sha: str = "") -> list[str]:
        """The Workflows of a commit (the newest)."""
        wanted = sha or self.sha
        found = (each for each in self.loop.workflows() if self.loop.facts_of(each)["sha"] == wanted)
        return [each["metadata"]["name"] for each in found]

    def has(self, count: int, sha: str = "") -> list[str]:
        """Wait until a commit has so many Workflows."""
        self.loop.until(lambda: len(self.runs(sha)) == count, f"not {count} runs")
        return self.runs(sha)


@pytest.fixture
def commanded(loop: Loop) -> Loop:
    """A repository whose pull requests obey commands."""
    loop.may_look_at_runs()
    loop.bind("pull", SELECTOR, commands=COMMANDS)
    return loop


def somebody(loop: Loop, right: str) -> Person:
    person = loop.gitea.person(f"{right}-{secrets.token_hex(3)}")
    path = f"/repos/{loop.repository}/collaborators/{person.name}"
    loop.gitea.call("PUT", path, {"permission": right}, by=loop.owner)
    return person


def test_retest_runs_the_head_again_for_who_may_write(commanded: Loop) -> None:
    review = Review(commanded, commanded.owner, commanded.clone)
    review.has(1)
    for person in (somebody(commanded, "read"), commanded.gitea.person(f"x-{secrets.token_hex(3)}")):
        review.says(person, "/retest")
    assert len(review.runs()) == 1
    writer = somebody(commanded, "write")
    review.says(writer, "/retest\nIt is flaky.")
    review.has(2)
    first = review.sha
    review.push()
    review.has(1)
    review.says(writer, "/retest")
    review.has(2)
    assert len(review.runs(first)) == 2
    # Words that are no command lead to nothing.
    for text in ("please /retest", "/retests", " x\n/retest"):
        review.says(writer, text)
    assert len(review.runs()) == 2


def test_cancel_ends_what_runs_for_who_may_write(commanded: Loop) -> None:
    review = Review(commanded, commanded.owner, commanded.clone)
    (name,) = review.has(1)
    commanded.announced(review.sha)
    commanded.becomes(name, "Running")
    review.says(somebody(commanded, "read"), "/cancel")
    assert "shutdown" not in commanded.workflow(name)["spec"]
    review.says(somebody(commanded, "write"), "/cancel")
    commanded.until(lambda: commanded.workflow(name)["spec"].get("shutdown") == "Terminate", "it goes on")
    commanded.becomes(name, "Failed", "workflow shutdown with strategy: Terminate")
    commanded.tick()
    commanded.says(review.sha, "error", "stopped")
    assert len(review.runs()) == 1


def test_a_strangers_pull_request_waits_for_somebody_with_rights(commanded: Loop) -> None:
    stranger, clone = commanded.person("stranger")
    review = Review(commanded, stranger, clone)
    commanded.says(review.sha, "pending", f"waiting for /ok-to-test {review.sha}")
    for person, text in (
        (stranger, f"/ok-to-test {review.sha}"),
        (stranger, "/retest"),
        (somebody(commanded, "read"), f"/ok-to-test {review.sha}"),
    ):
        review.says(person, text)
        assert commanded.workflows() == [], text
        assert (commanded.status(review.sha) or ("", ""))[0] == "pending", text


def test_a_strangers_pull_request_waits_for_the_name_of_that_very_commit(commanded: Loop) -> None:
    stranger, clone = commanded.person("stranger")
    writer = somebody(commanded, "write")
    review = Review(commanded, stranger, clone)
    commanded.says(review.sha, "pending", f"waiting for /ok-to-test {review.sha}")
    for text in ("/ok-to-test", f"/ok-to-test {review.sha[:12]}", "/retest"):
        review.says(writer, text)
        assert commanded.workflows() == [], text
        assert (commanded.status(review.sha) or ("", ""))[0] == "pending", text


def test_what_was_let_through_runs_and_may_be_tested_again(commanded: Loop) -> None:
    stranger, clone = commanded.person("stranger")
    writer = somebody(commanded, "write")
    review = Review(commanded, stranger, clone)
    commanded.says(review.sha, "pending", f"waiting for /ok-to-test {review.sha}")
    review.says(writer, f"/ok-to-test {review.sha}")
    (name,) = review.has(1)
    commanded.says(review.sha, "pending", "waiting to start")
    commanded.becomes(name, "Succeeded")
    commanded.tick()
    commanded.says(review.sha, "success", "succeeded")
    review.says(writer, "/retest")
    review.has(2)


def test_a_later_push_needs_the_word_again(commanded: Loop) -> None:
    stranger, clone = commanded.person("stranger")
    review = Review(commanded, stranger, clone)
    seen = review.sha
    commanded.says(seen, "pending", f"waiting for /ok-to-test {seen}")
    review.push()
    commanded.says(review.sha, "pending", f"waiting for /ok-to-test {review.sha}")
    # The push came in between: what somebody has looked at is not the head any more.
    review.says(commanded.owner, f"/ok-to-test {seen}")
    assert commanded.workflows() == []
    review.says(commanded.owner, f"/ok-to-test {review.sha}")
    review.has(1)


def test_a_pull_request_without_a_branch_waits_too(commanded: Loop) -> None:
    _, clone = commanded.person("agit")
    sha = clone.commit(a="1")
    clone.git("remote", "add", "upstream", clone.url(commanded.repository))
    clone.git("push", "--quiet", "upstream", "HEAD:refs/for/main", "-o", "topic=agit", "-o", "title=AGit")
    commanded.says(sha, "pending", f"waiting for /ok-to-test {sha}")
    assert commanded.workflows() == []
    (pull,) = commanded.gitea.call("GET", f"/repos/{commanded.repository}/pulls")
    commanded.comment(somebody(commanded, "write"), pull["number"], f"/ok-to-test {sha}")
    assert commanded.one("it does not run", sha=sha)
