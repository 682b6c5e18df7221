"""Asks the API server what somebody else may do, in the ways in which that can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from triggerfish.cli.doctor.resources import ACCESS_REVIEWS
from triggerfish.cli.doctor.rights import Need, Subject
from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import SELF_SUBJECT_ACCESS_REVIEWS
from triggerfish.workflows.objects import Json

_shortest_token_seconds = 600
_refused = (401, 403, 404)


class MayNotAsk(Exception):  # noqa: N818  it is an answer
    """Nobody may ask on the subject's behalf: neither by review, nor by impersonation, nor by a token."""


@dataclass(slots=True)
class AccessReviews:
    """By SubjectAccessReview; else as the subject itself, impersonated, or by a token of it."""

    cluster: Cluster
    _acting: dict[str, Client | None] = field(default_factory=dict)

    async def missing(self, subject: Subject, needs: Iterable[Need], namespace: str | None) -> list[Need]:
        """Of these rights in a namespace (None: in all), those that the subject lacks.

        Raises ``MayNotAsk``.
        """
        pairs = [(need, verb) for need in needs for verb in need.verbs]
        if not pairs:
            return []
        # The first answer says in which way the rest is to be asked.
        first = await self._allowed(subject, *pairs[0], namespace)
        rest = await asyncio.gather(*(self._allowed(subject, *pair, namespace) for pair in pairs[1:]))
        lacking: dict[Need, list[str]] = {}
        for (need, verb), allowed in zip(pairs, (first, *rest), strict=True):
            if not allowed:
                lacking.setdefault(need, []).append(verb)
        return [replace(need, verbs=tuple(verbs)) for need, verbs in lacking.items()]

    async def _allowed(self, subject: Subject, need: Need, verb: str, namespace: str | None) -> bool:
        acting = self._acting.get(subject.user)
        attributes = _attributes(need, verb, namespace)
        if acting is not None:
            return await _answer(acting, attributes)
        if subject.user in self._acting:
            return await self._reviewed(subject, attributes)
        try:
            answer = await self._reviewed(subject, attributes)
        except ApiError as error:
            if error.status not in _refused:
                raise
            return await self._as_themselves(subject, attributes)
        self._acting[subject.user] = None
        return answer

    async def _reviewed(self, subject: Subject, attributes: Json) -> bool:
        body = {
            "apiVersion": ACCESS_REVIEWS.api_version,
            "kind": ACCESS_REVIEWS.kind,
            "spec": {"user": subject.user, "groups": _groups(subject), "resourceAttributes": attributes},
        }
        answer = await self.cluster.own.create(ACCESS_REVIEWS, None, body)
        return bool((answer.get("status") or {}).get("allowed"))

    async def _as_themselves(self, subject: Subject, attributes: Json) -> bool:
        client = self.cluster.impersonating(subject.user)
        try:
            answer = await _answer(client, attributes)
        except ApiError as error:
            if error.status not in _refused:
                raise
            client = await self._by_token(subject)
            answer = await _answer(client, attributes)
        self._acting[subject.user] = client
        return answer

    async def _by_token(self, subject: Subject) -> Client:
        account = subject.service_account
        if account is None:
            raise MayNotAsk
        try:
            answer = await self.cluster.own.request_token(*account, seconds=_shortest_token_seconds)
        except ApiError as error:
            if error.status not in _refused:
                raise
            raise MayNotAsk from None
        return self.cluster.bearer(str((answer.get("status") or {}).get("token") or ""))


async def _answer(client: Client, attributes: Json) -> bool:
    body = {
        "apiVersion": SELF_SUBJECT_ACCESS_REVIEWS.api_version,
        "kind": SELF_SUBJECT_ACCESS_REVIEWS.kind,
        "spec": {"resourceAttributes": attributes},
    }
    answer = await client.create(SELF_SUBJECT_ACCESS_REVIEWS, None, body)
    return bool((answer.get("status") or {}).get("allowed"))


def _attributes(need: Need, verb: str, namespace: str | None) -> Json:
    plural, _, sub = need.resource.partition("/")
    found = {
        "verb": verb,
        "group": need.group,
        "resource": plural,
        "subresource": sub,
        "name": need.name,
        "namespace": namespace or "",
    }
    return {key: value for key, value in found.items() if value}


def _groups(subject: Subject) -> list[str]:
    """The groups that a token of it would prove: a binding may be to one of them."""
    account = subject.service_account
    own = ["system:serviceaccounts", f"system:serviceaccounts:{account[0]}"] if account else []
    return [*own, "system:authenticated"]
