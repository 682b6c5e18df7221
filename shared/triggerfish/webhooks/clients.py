"""The webhook clients of a namespace: ``argo-workflows-webhook-clients``, parsed once into values."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from triggerfish.webhooks import repositories
from triggerfish.webhooks.proofs import Secret
from triggerfish.webhooks.sender import Sender
from triggerfish.webhooks.yaml_fields import Field, WrongFields, fields_of
from triggerfish.workflows.objects import is_name

# One delivery may try every secret over its whole body: together they are what a tenant may cost.
most_clients = 100
most_secrets = 5
most_bytes = 64 << 10
_longest_id = 20
# What every client may have, whatever its type.
_common = frozenset({"type", "secret", "secrets", "repositories", "recover"})

Senders = Mapping[str, type[Sender]]
"""Kinds of senders by the word that a client's YAML calls them."""


@dataclass(frozen=True, slots=True)
class Recover:
    """The webhook at its host whose failed deliveries are sent again: its id, and its repository there."""

    hook: str
    repository: str


@dataclass(frozen=True, slots=True)
class WebhookClient:
    """One key of the Secret: who proves one of its ``secrets`` acts as ``service_account``.

    Its deliveries may ask their host, and report to it, about ``repositories`` (patterns) alone.
    """

    service_account: str
    sender: Sender
    secrets: tuple[Secret, ...]
    repositories: tuple[str, ...] = ()
    recover: Recover | None = None


@dataclass(frozen=True, slots=True)
class BadClient:
    """A key that is no client; ``problem`` says why, for the log, and quotes no value."""

    service_account: str
    problem: str


@dataclass(frozen=True, slots=True)
class Clients:
    """All clients of one namespace, by name; one that is wrong hides no other."""

    good: tuple[WebhookClient, ...]
    bad: tuple[BadClient, ...] = ()


def parse_clients(data: Mapping[str, bytes], senders: Senders) -> Clients:
    """The clients in a Secret's data: YAML ``{type, secret}`` or ``{type, secrets: […]}`` by account.

    Each may have ``repositories: [org/*]`` and ``recover: {hook, repository}`` too. ``senders`` are the types
    there are. Never raises: what is wrong with one client is in ``bad``, and so is the first, in the order of
    their names, of those beyond 100 clients or 64 KiB.
    """
    good: list[WebhookClient] = []
    bad: list[BadClient] = []
    names = sorted(data)
    kept, bound = _within_bounds(names, data)
    if kept < len(names):
        bad.append(BadClient(names[kept], f"{bound}; this one and all after it by name are left out"))
    for name in names[:kept]:
        try:
            good.append(_client(name, data[name], senders))
        except _Wrong as wrong:
            bad.append(BadClient(name, str(wrong)))
    return Clients(tuple(good), tuple(bad))


def _within_bounds(names: list[str], data: Mapping[str, bytes]) -> tuple[int, str]:
    """Return how many of the names are within the bounds, and the bound that the next one meets."""
    size = 0
    for number, name in enumerate(names):
        size += len(data[name])
        if number >= most_clients:
            return number, f"a namespace may have no more than {most_clients} webhook clients"
        if size > most_bytes:
            return number, f"webhook clients may have no more than {most_bytes >> 10} KiB together"
    return len(names), ""


class _Wrong(Exception):  # noqa: N818  it is a state of the Secret, told in BadClient
    pass


def _client(name: str, text: bytes, senders: Senders) -> WebhookClient:
    if not is_name(name):
        raise _Wrong("its name is not the name of a service account")
    try:
        fields = fields_of(text, expected="type and secret", nested=frozenset({"recover"}))
    except WrongFields as wrong:
        raise _Wrong(str(wrong)) from None
    if any(fields.get(each, "") is None for each in ("type", "secret", "secrets")):
        raise _Wrong("its type or secret is a mapping, not a text")
    fields = {key: value for key, value in fields.items() if value is not None or key in _common}
    kind = fields.pop("type", "")
    sender_type = senders.get(kind) if isinstance(kind, str) else None
    if sender_type is None:
        near = difflib.get_close_matches(kind, senders, n=1) if isinstance(kind, str) else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise _Wrong(f"its type must be one of: {', '.join(sorted(senders))}{hint}")
    secrets = _secrets(fields.pop("secret", ""), fields.pop("secrets", []))
    patterns = _repositories(fields.pop("repositories")) if "repositories" in fields else ()
    recover = _recover(fields.pop("recover")) if "recover" in fields else None
    if sender_type.options and (unknown := set(fields) - sender_type.options):
        known = ", ".join(sorted(_common | sender_type.options))
        raise _Wrong(f"it has {len(unknown)} unknown field(s); {sender_type.type} takes: {known}")
    options = {key: value for key, value in fields.items() if isinstance(value, str)}
    try:
        sender = sender_type.of(options)
    except ValueError as error:
        raise _Wrong(str(error)) from None
    for secret in secrets:
        if fault := sender.fault(secret):
            raise _Wrong(fault)
    return WebhookClient(name, sender, secrets, patterns, recover)


def _repositories(written: Field | None) -> tuple[str, ...]:
    if fault := repositories.fault(written):
        raise _Wrong(fault)
    return tuple(map(str, written or ()))


def _recover(written: Field | None) -> Recover:
    if not isinstance(written, dict) or set(written) != {"hook", "repository"}:
        raise _Wrong("its recover is not a mapping of hook and repository")
    hook, repository = written["hook"], written["repository"]
    if not hook.isascii() or not hook.isdigit() or len(hook) > _longest_id:
        raise _Wrong("the hook of its recover is not a number")
    if not repository or len(repository) > repositories.most_characters:
        raise _Wrong("the repository of its recover is not the name of one, such as org/app")
    return Recover(hook, repository)


def _secrets(one: Field | None, many: Field | None) -> tuple[Secret, ...]:
    if not isinstance(one, str) or not isinstance(many, list):
        raise _Wrong("its secret is not a text, or its secrets are not a list of texts")
    texts = ([one] if one else []) + many
    if not texts:
        raise _Wrong("it has no secret")
    if len(texts) > most_secrets:
        raise _Wrong(f"it has more than {most_secrets} secrets")
    if not all(texts):
        raise _Wrong("one of its secrets is empty")
    try:
        return tuple(Secret(text.encode()) for text in texts)
    except UnicodeEncodeError:
        raise _Wrong("one of its secrets is not text") from None
