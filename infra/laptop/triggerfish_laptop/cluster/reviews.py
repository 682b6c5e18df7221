"""Questions asked by creating an object: may I, who am I, whose token is this, give me a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster.authentication import TokenReader
from triggerfish_laptop.cluster.calls import User
from triggerfish_laptop.cluster.rbac import Attributes, Authorizer
from triggerfish_laptop.cluster.registry import ServedResource
from triggerfish_laptop.cluster.status import bad_request, invalid, invalid_value, not_found
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.tokens import ISSUER, Keys, bound_claims

_authorization = "authorization.k8s.io"
_authentication = "authentication.k8s.io"
_shortest, _longest, _usual = 600, 1 << 32, 3600


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Answers the questions."""

    store: ObjectStore
    keys: Keys
    authenticator: TokenReader
    authorizer: Authorizer

    def answer(self, resource: ServedResource, namespace: str, body: Json, user: User) -> Json:
        """The object that was sent, with its status."""
        kind = body.get("kind") or resource.kind
        if kind != resource.kind:
            raise bad_request(f"{resource.plural} takes a {resource.kind}, not a {kind}")
        spec = body.get("spec") or {}
        status = _answers[resource.plural](self, spec, user, namespace)
        return {
            "kind": resource.kind,
            "apiVersion": resource.api_version,
            "metadata": {"creationTimestamp": None, **(body.get("metadata") or {})},
            "spec": spec,
            "status": status,
        }

    def self_access(self, spec: Json, user: User, _: str) -> Json:
        """May I?"""
        return self._decision(user, spec)

    def access(self, spec: Json, _: User, __: str) -> Json:
        """May somebody?"""
        named = User(spec.get("user") or "", tuple(spec.get("groups") or ()))
        return self._decision(named, spec)

    def _decision(self, user: User, spec: Json) -> Json:
        about = spec.get("resourceAttributes")
        if about:
            asked = Attributes(
                about.get("verb", ""),
                about.get("group", ""),
                about.get("resource", ""),
                about.get("subresource", ""),
                about.get("namespace", ""),
                about.get("name", ""),
            )
        else:
            path = spec.get("nonResourceAttributes") or {}
            asked = Attributes(path.get("verb", ""), path=path.get("path", ""))
        return {"allowed": self.authorizer.allows(user, asked)}

    def rules(self, spec: Json, user: User, _: str) -> Json:
        """The answer to ``kubectl auth can-i --list``."""
        found = list(self.authorizer.rules(user, spec.get("namespace") or ""))
        return {
            "resourceRules": [rule for rule in found if not rule.get("nonResourceURLs")],
            "nonResourceRules": [rule for rule in found if rule.get("nonResourceURLs")],
            "incomplete": False,
        }

    def token(self, spec: Json, _: User, __: str) -> Json:
        """Whose token is this?"""
        audiences = spec.get("audiences") or [ISSUER]
        user = self.authenticator.of_token(spec.get("token") or "", audiences)
        if user is None:
            return {"authenticated": False, "user": {}}
        about = {"username": user.name, "uid": user.uid, "groups": list(user.groups)}
        return {"authenticated": True, "user": about, "audiences": audiences}

    def self_subject(self, _: Json, user: User, __: str) -> Json:
        """The answer to ``kubectl auth whoami``."""
        extra = {key: list(values) for key, values in user.extra.items()}
        about = {"username": user.name, "uid": user.uid, "groups": list(user.groups), "extra": extra}
        return {"userInfo": {key: value for key, value in about.items() if value}}

    def request_token(self, namespace: str, name: str, body: Json, now: datetime) -> Json:
        """TokenRequest: a token of that service account."""
        account = self.store.collection("serviceaccounts").get(namespace, name)
        if account is None:
            raise not_found("", "serviceaccounts", name)
        spec = body.get("spec") or {}
        seconds = spec.get("expirationSeconds") or _usual
        causes = []
        field = "spec.expirationSeconds"
        if not isinstance(seconds, int):
            raise bad_request("spec.expirationSeconds must be a whole number")
        if seconds < _shortest:
            causes.append(invalid_value(field, seconds, "may not specify a duration less than 10 minutes"))
        if seconds > _longest:
            causes.append(
                invalid_value(field, seconds, "may not specify a duration larger than 2^32 seconds")
            )
        if causes:
            raise invalid(_authentication, "TokenRequest", "", causes)
        audiences = spec.get("audiences") or [ISSUER]
        bound = self._bound(namespace, spec.get("boundObjectRef"))
        claims = bound_claims(account.value, audiences, int(now.timestamp()), seconds, bound)
        until = (now + timedelta(seconds=seconds)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": namespace, "creationTimestamp": None},
            "spec": {**spec, "audiences": audiences, "expirationSeconds": seconds},
            "status": {"token": self.keys.sign(claims), "expirationTimestamp": until},
        }

    def _bound(self, namespace: str, reference: Json | None) -> Json | None:
        if not reference:
            return None
        if reference.get("kind") != "Secret":
            raise bad_request(
                f"cannot bind token for serviceaccount to object of type {reference.get('kind')}"
            )
        name = reference.get("name", "")
        found = self.store.collection("secrets").get(namespace, name)
        if (
            found is None
            or reference.get("uid", found.value["metadata"]["uid"]) != found.value["metadata"]["uid"]
        ):
            raise not_found("", "secrets", name)
        return found.value


_answers: dict[str, Callable[[Reviewer, Json, User, str], Json]] = {
    "selfsubjectaccessreviews": Reviewer.self_access,
    "subjectaccessreviews": Reviewer.access,
    "localsubjectaccessreviews": Reviewer.access,
    "selfsubjectrulesreviews": Reviewer.rules,
    "tokenreviews": Reviewer.token,
    "selfsubjectreviews": Reviewer.self_subject,
}


def _review(group: str, plural: str, kind: str, *, namespaced: bool = False) -> ServedResource:
    return ServedResource(group, "v1", plural, kind, namespaced=namespaced, verbs=("create",))


REVIEWS = (
    _review(_authorization, "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    _review(_authorization, "subjectaccessreviews", "SubjectAccessReview"),
    _review(_authorization, "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True),
    _review(_authorization, "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    _review(_authentication, "tokenreviews", "TokenReview"),
    _review(_authentication, "selfsubjectreviews", "SelfSubjectReview"),
)
