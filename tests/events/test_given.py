"""What a host would answer, from a file: read strictly, and asked by production's own rules."""

import pytest
from tests.events.test_needs import COMMENT, OPENED, REPOSITORY, RETEST, A, with_sha
from tests.events.test_plan import NOW, binding

from triggerfish.errors import SpecError
from triggerfish.events.environment import Event, environment
from triggerfish.events.given import MOST_BYTES, given
from triggerfish.events.match import match
from triggerfish.workflows.labels import Creator

PULL = f"pull_request: {{sha: {A}, branch: topic, base: main, fork: true, source: x/r, source_url: u}}"


def tried(text, bound, payload=COMMENT):
    """Whether it matches, and what was asked for."""
    event = Event("ns", "", payload, {}, Creator(), b"k" * 32, repeatable=True, received=NOW)
    names = environment(event)
    came = given(text, "--facts").learned([bound], event, names)
    return bool(match([bound], names, NOW, event.key).matched), came, names["git"]


@pytest.mark.parametrize(
    ("text", "bound", "matched", "shown"),
    [
        pytest.param("permission: write", binding(RETEST), True, {"permission": '"write"'}, id="yaml"),
        pytest.param('{"permission": "read"}', binding(RETEST), False, {"permission": '"read"'}, id="json"),
        pytest.param(
            "permission: {mona: admin, max: none}",
            binding(RETEST),
            True,
            {"permission": '"admin"'},
            id="by user",
        ),
        pytest.param(
            "permission: {max: none}",
            binding(RETEST),
            False,
            {"permission": "nil: no answer of the host was given"},
            id="of another user",
        ),
        pytest.param(
            "", binding(RETEST), False, {"permission": "nil: no answer of the host was given"}, id="no answer"
        ),
        pytest.param(
            "permission: {refused: GitHub answered 403}",
            binding(RETEST),
            False,
            {"permission": "nil: GitHub answered 403"},
            id="refused",
        ),
        pytest.param(
            PULL, with_sha("git.fork"), True, {"fork": "true", "sha": f'"{A}"'}, id="a pull request"
        ),
        pytest.param("permission: write", binding('git.event == "push"'), False, {}, id="it is not asked"),
    ],
)
def test_what_is_asked_and_what_comes(text, bound, matched, shown):
    found, came, _ = tried(text, bound)
    assert (found, came.shown) == (matched, shown)


def test_what_the_payload_tells_is_not_asked():
    _, came, git = tried("pull_request: {sha: bbb}", with_sha("true"), OPENED)
    assert (came.shown, git["sha"]) == ({}, A)


def test_the_files_of_a_pull_request():
    assert tried("files: [docs/a.md]", binding('any(git.files, # startsWith "docs/")'), OPENED)[0]


def test_a_payload_of_no_host_asks_nothing():
    assert tried("permission: write", binding(RETEST), {"repository": REPOSITORY["full_name"]})[1].shown == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "permission: owner", "--facts: permission: there is no permission 'owner'", id="permission"
        ),
        pytest.param(
            "permission: {mona: 7}", "--facts: permission.mona: there is no permission '7'", id="of a user"
        ),
        pytest.param("permissions: write", "--facts: there is no fact 'permissions'", id="an unknown key"),
        pytest.param("files: a", "--facts: files: this is not a list of paths", id="files"),
        pytest.param("files: [1]", "--facts: files: this is not a list of paths", id="a path"),
        pytest.param("pull_request: 7", "--facts: pull_request: this is not a map", id="a number"),
        pytest.param("pull_request: {head: x}", "there is no fact 'head'", id="an unknown fact"),
        pytest.param("pull_request: {sha: 7}", "pull_request.sha: this is no text", id="no text"),
        pytest.param("pull_request: {fork: x}", "pull_request.fork: this is no boolean", id="no boolean"),
        pytest.param("files: {refused: 7}", "refused is not a sentence alone", id="no sentence"),
        pytest.param("[]", "--facts: it is not a map", id="a list"),
        pytest.param("{", "--facts: it is neither YAML nor JSON", id="no YAML"),
        pytest.param("!!python/object:os.system {}", "--facts: it is neither YAML nor JSON", id="an object"),
        pytest.param("# " + "x" * MOST_BYTES, "KiB", id="too long"),
    ],
)
def test_a_file_that_is_wrong_is_told(text, problem):
    with pytest.raises(SpecError) as caught:
        given(text, "--facts")
    assert problem in str(caught.value)
