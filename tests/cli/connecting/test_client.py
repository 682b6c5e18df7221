"""The client in its Secret: what `connect` writes, the events function reads; what others wrote stays."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cli.connecting.client import entry, with_recovery
from triggerfish.errors import SpecError
from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.clients import parse_clients

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
FRESH = "f" * 64


@given(secrets=st.lists(TEXT, min_size=1, max_size=5, unique=True), more=TEXT, rotate=st.booleans())
def test_what_is_written_is_read_with_the_secret_first(secrets, more: str, *, rotate: bool) -> None:
    found = yaml.safe_dump({"type": "gitea", "secrets": secrets, "more": more}).encode()
    made = entry("hooks", "gitea", "org/app", found, FRESH, rotate=rotate)
    (client,) = parse_clients({"hooks": made.text.encode()}, SENDERS).good
    assert client.secrets[0] == made.secret
    read = [secret.value.decode() for secret in client.secrets]
    assert read == ([FRESH, secrets[0]] if rotate else secrets)
    assert made.new is rotate
    assert yaml.safe_load(made.text)["more"] == more
    # Once more for the same repository changes nothing.
    again = entry("hooks", "gitea", "org/app", made.text.encode(), "other", rotate=False)
    assert (again.text, again.new) == (made.text, False)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (b"type: github\nsecret: s3cr3t\n", "its type is 'github', not 'gitea'"),
        (b"secret: s3cr3t\n", "its type is None"),
        (b"[s3cr3t", "cannot be read"),
        (b"s3cr3t", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"type: gitea\nsecret: [s3cr3t]\n", "cannot be read"),
        (b"type: gitea\nsecret: a\nrepositories: s3cr3t\n", "cannot be read"),
        (b"type: gitea\nsecrets: {a: s3cr3t}\n", "cannot be read"),
    ],
)
def test_a_client_that_cannot_be_extended_is_named_and_not_quoted(found: bytes, said: str) -> None:
    with pytest.raises(SpecError, match="--account") as caught:
        entry("hooks", "gitea", "org/app", found, FRESH, rotate=False)
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_the_webhook_whose_lost_deliveries_are_asked_for_is_named_once() -> None:
    made = with_recovery(entry("hooks", "github", "org/app", None, FRESH, rotate=False), "12", "org/app")
    (client,) = parse_clients({"hooks": made.text.encode()}, SENDERS).good
    assert client.recover is not None
    assert (client.recover.hook, client.recover.repository) == ("12", "org/app")
    # Kept by the next call, and not changed to another repository's.
    again = entry("hooks", "github", "org/second", made.text.encode(), FRESH, rotate=False)
    assert yaml.safe_load(with_recovery(again, "13", "org/second").text)["recover"]["hook"] == "12"
    assert yaml.safe_load(with_recovery(again, "14", "org/app").text)["recover"]["hook"] == "14"


def test_the_secret_stands_in_no_repr() -> None:
    assert FRESH not in repr(entry("hooks", "gitea", "org/app", None, FRESH, rotate=False))
