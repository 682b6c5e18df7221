"""PURE. A webhook client, and a credential, in the YAML of their Secrets: what is not ours is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import yaml

from triggerfish.errors import SpecError
from triggerfish.hosts.api.credentials import AccessToken, Credential
from triggerfish.webhooks.clients import most_secrets
from triggerfish.webhooks.proofs import Secret


@dataclass(frozen=True, slots=True)
class ClientEntry:
    """A client's ``text``, the secret that its webhook has to have, and whether that is a ``new`` one."""

    text: str
    secret: Secret
    new: bool

    def __repr__(self) -> str:
        return f"ClientEntry(new={self.new})"


def entry(
    account: str, kind: str, repository: str, found: bytes | None, fresh: str, *, rotate: bool
) -> ClientEntry:
    """The client of that account for one more repository.

    ``found`` is what the Secret has under the account's name, None for nothing. ``fresh`` is a secret that
    nobody has seen: for a new client, or with ``rotate``, where the one before stays beside it, until the
    webhook at the host has the new one. ``SpecError`` on ``--account`` for a client of another kind.
    """
    fields = {} if found is None else _fields(account, found)
    if fields and fields.get("type") != kind:
        problem = (
            f"the webhook client {account} is there, and its type is {fields.get('type')!r}, not {kind!r}"
        )
        raise SpecError("--account", problem, "give another name")
    known = [fields.pop("secret", ""), *fields.pop("secrets", [])]
    secrets = [text for text in known if text]
    new = rotate or not secrets
    if new:
        secrets = [fresh, *secrets][: min(2, most_secrets)]
    repositories = fields.pop("repositories", [])
    made: dict[str, Any] = {
        "type": kind,
        **({"secret": secrets[0]} if len(secrets) == 1 else {"secrets": secrets}),
        **{key: value for key, value in fields.items() if key != "type"},
        "repositories": list(dict.fromkeys([*repositories, repository])),
    }
    text = yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=1000)
    return ClientEntry(text, Secret(secrets[0].encode()), new)


def with_recovery(client: ClientEntry, hook: str, repository: str) -> ClientEntry:
    """The client with the webhook whose lost deliveries may be asked for; one that it names already stays."""
    fields: dict[str, Any] = yaml.load(client.text, Loader=yaml.BaseLoader)  # noqa: S506  it makes texts alone
    known = fields.get("recover")
    if isinstance(known, dict) and known.get("repository") != repository:
        return client
    fields["recover"] = {"hook": hook, "repository": repository}
    return replace(client, text=yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000))


def credential_text(name: str, new: Credential, found: bytes | None) -> str:
    """The credential ``new`` in the YAML of the Secret for Git hosts, under that name.

    ``found`` is what stands there: a credential of the same host keeps its other repositories. ``SpecError``
    on ``--account`` for one of another host, or of another kind than a token.
    """
    fields = {} if found is None else _fields(name, found, "credential")
    repositories = fields.get("repositories", [])
    if fields and (fields.get("type") != new.type or "token" not in fields):
        problem = f"the credential {name} is there, and is no token of {new.type}"
        raise SpecError("--account", problem, "give another name")
    assert isinstance(new.auth, AccessToken)  # noqa: S101  a token is what people give
    made: dict[str, Any] = {"type": new.type}
    made |= {"url": new.url} if new.url else {}
    made |= {"token": new.auth.value}
    made["repositories"] = list(dict.fromkeys([*repositories, *new.repositories]))
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=1000)


def _fields(account: str, found: bytes, what: str = "webhook client") -> dict[str, Any]:
    """Its YAML, each value as it is written: a secret such as ``0123`` stays a text."""
    problem = f"the {what} {account} is there, and cannot be read"
    fix = f"mend or remove the key {account} of its Secret, or give another name"
    try:
        value = yaml.load(found.decode(), Loader=yaml.BaseLoader)  # noqa: S506  it makes texts alone
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        # The parser's message quotes the text, and the text is a secret.
        raise SpecError("--account", problem, fix) from None
    if not isinstance(value, dict):
        raise SpecError("--account", problem, fix)
    lists = [value.get(key, []) for key in ("secrets", "repositories")]
    if not isinstance(value.get("secret", ""), str) or not all(isinstance(each, list) for each in lists):
        raise SpecError("--account", problem, fix)
    return value
