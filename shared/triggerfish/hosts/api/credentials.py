"""The credentials for Git hosts of a namespace, the Secret ``triggerfish-hosts``: parsed once into values."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from triggerfish.hosts.api.addresses import fault_of_url
from triggerfish.webhooks import repositories
from triggerfish.webhooks.yaml_fields import Field, WrongFields, fields_of

most_credentials = 50
most_bytes = 64 << 10
_longest_name = 253
_longest_app_id = 40
_longest_number = 19
_token = frozenset({"token"})
_basic = frozenset({"username", "password"})
_app = frozenset({"appId", "privateKey"})
_optional = frozenset({"installationId"})


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Basic:
    """A user's name and password (or app password)."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App; ``key`` is its private key, PEM. Without ``installation`` a delivery says which."""

    id: str
    key: str = field(repr=False)
    installation: int | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """One key of the Secret; no repr shows a secret. ``url`` is empty for the host's public one."""

    name: str
    type: str
    url: str
    repositories: tuple[str, ...]
    auth: AccessToken | Basic | App


@dataclass(frozen=True, slots=True)
class BadCredential:
    """A key that is no credential; ``problem`` says why and quotes no value."""

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class HostCredentials:
    """All of a namespace, by name; one that is wrong hides no other."""

    good: tuple[Credential, ...] = ()
    bad: tuple[BadCredential, ...] = ()


def credential_for(credentials: HostCredentials, host_type: str, repository: str) -> Credential | None:
    """The first by name whose type is that and whose patterns fit the repository."""
    return next(
        (
            each
            for each in credentials.good
            if each.type == host_type and repositories.fits(each.repositories, repository)
        ),
        None,
    )


def parse_credentials(data: Mapping[str, bytes], hosts: Mapping[str, str]) -> HostCredentials:
    """The credentials in a Secret's data: YAML by name, ``{type, repositories, url?, token}`` and so on.

    ``hosts`` are the types there are, each with the URL of its public host (empty: ``url`` is needed). Never
    raises: what is wrong with one is in ``bad``, and so is the first beyond 50 or 64 KiB, by name.
    """
    good: list[Credential] = []
    bad: list[BadCredential] = []
    size = 0
    for number, name in enumerate(sorted(data)):
        size += len(data[name])
        if number >= most_credentials or size > most_bytes:
            bound = f"{most_credentials} credentials or {most_bytes >> 10} KiB"
            problem = f"a namespace may have no more than {bound}; this one and all after it are left out"
            bad.append(BadCredential(name[:_longest_name], problem))
            break
        try:
            good.append(_credential(name, data[name], hosts))
        except WrongFields as wrong:
            bad.append(BadCredential(name[:_longest_name], str(wrong)))
    return HostCredentials(tuple(good), tuple(bad))


def _credential(name: str, text: bytes, hosts: Mapping[str, str]) -> Credential:
    fields = fields_of(text, expected="type, repositories and token")
    kind = fields.pop("type", "")
    if not isinstance(kind, str) or kind not in hosts:
        near = difflib.get_close_matches(kind, hosts, n=1) if isinstance(kind, str) else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise WrongFields(f"its type must be one of: {', '.join(sorted(hosts))}{hint}")
    if "repositories" not in fields:
        raise WrongFields("it has no repositories: write those it may be used for, such as [org/*]")
    patterns = fields.pop("repositories")
    if fault := repositories.fault(patterns):
        raise WrongFields(fault)
    url = _url(fields.pop("url", ""), kind, hosts[kind])
    auth = _auth(kind, fields)
    return Credential(name, kind, url, tuple(map(str, patterns or ())), auth)


def _url(written: Field | None, kind: str, public: str) -> str:
    if written == "":
        if not public:
            raise WrongFields(f"it has no url, which {kind} needs: https:// and its host")
        return ""
    if not isinstance(written, str):
        raise WrongFields("its url is not a text")
    if fault := fault_of_url(written):
        raise WrongFields(fault)
    return written.rstrip("/")


def _auth(kind: str, fields: dict[str, Field | None]) -> AccessToken | Basic | App:
    """By the fields that are left; exactly one way, as nobody could say which of two counts."""
    given = {key: _secret(value) for key, value in fields.items()}
    names = set(given)
    if names == _token:
        return AccessToken(_visible(given["token"]))
    if names == _basic:
        if ":" in given["username"]:
            raise WrongFields("its username has a colon")
        return Basic(_plain(given["username"]), _plain(given["password"]))
    if names - _optional == _app and kind == "github":
        return _github_app(given)
    ways = "token, or username and password" + (", or appId and privateKey" if kind == "github" else "")
    raise WrongFields(f"besides type, repositories and url it must have {ways}, and nothing else")


def _github_app(given: dict[str, str]) -> App:
    number, key = given["appId"], given["privateKey"].strip() + "\n"
    # The client ID (Iv1.…) may stand for the number.
    if not number.isascii() or not number.replace(".", "").isalnum() or len(number) > _longest_app_id:
        raise WrongFields("its appId is not the number of an app")
    if not key.startswith("-----BEGIN ") or "PRIVATE KEY-----" not in key:
        raise WrongFields("its privateKey is no private key in PEM (-----BEGIN RSA PRIVATE KEY-----)")
    installation = given.get("installationId", "")
    digits = installation.isascii() and installation.isdigit() and len(installation) <= _longest_number
    if installation and not digits:
        raise WrongFields("its installationId is not a number")
    return App(number, key, int(installation) if installation else None)


def _secret(value: Field | None) -> str:
    if not isinstance(value, str):
        raise WrongFields("one of its fields is not a text")
    if not value:
        raise WrongFields("one of its fields is empty")
    return value


def _visible(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise WrongFields("its token has characters that no header can carry")
    return token


def _plain(value: str) -> str:
    value = value.strip("\n")
    if not value.isprintable() or not value:
        raise WrongFields("its username or password has characters that no header can carry")
    return value
