"""What `connect` is asked for, without a cluster."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cli.connecting.wanted import KINDS, Wanted, address
from triggerfish.errors import SpecError
from triggerfish.workflows.objects import is_name

KIND = st.sampled_from(sorted(KINDS))


@given(KIND, st.data())
def test_every_repository_that_a_host_can_have_gives_an_account_a_name(host: str, data) -> None:
    repository = data.draw(st.from_regex(KINDS[host].setup.names, fullmatch=True))
    wanted = Wanted.of(host, repository, "team-a")
    assert is_name(wanted.account)
    assert len(wanted.account) <= 63
    assert wanted.account.startswith(f"{host}-"[:63].rstrip("-"))


@given(KIND, st.text(max_size=40))
def test_no_text_is_taken_for_a_repository_that_could_end_a_path(host: str, text: str) -> None:
    with contextlib.suppress(SpecError):
        wanted = Wanted.of(host, text, "team-a")
        assert not set(wanted.repository) & set("?#%\\\n\"'")
        assert not {"", ".", ".."} & set(wanted.repository.split("/"))


@pytest.mark.parametrize(
    ("host", "repository", "good"),
    [
        ("github", "org/app", True),
        ("github", "org/app/more", False),
        ("github", "org/../app", False),
        ("gitlab", "group/sub/app", True),
        ("gitlab", "app", False),
        ("azuredevops", "My Project/My App", True),
        ("bitbucketserver", "~jo/app", True),
        ("bitbucketserver", "PRJ/app", True),
        ("bitbucket", "team/app ", False),
        ("gitea", "org/app.git", False),
        ("gitea", "./app", False),
        ("forgejo", "org/..", False),
    ],
)
def test_each_host_has_names_of_its_own_form(host: str, repository: str, good: bool) -> None:
    if good:
        assert Wanted.of(host, repository, "team-a").repository == repository
    else:
        with pytest.raises(SpecError, match="REPOSITORY"):
            Wanted.of(host, repository, "team-a")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://events.example.com/", "https://events.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://example.com/fn/", "https://example.com/fn"),
    ],
)
def test_the_address_may_have_a_path(given: str, expected: str) -> None:
    assert address(given) == expected


@pytest.mark.parametrize(
    "text",
    ["example.com", "ftp://a", "https://", "https://a?x=1", "https://a#b", "https://u:p@a", "http://a:x"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="--server"):
        address(text)
