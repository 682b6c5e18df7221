"""The sender of a request: a bearer token to a user, and on whose behalf (impersonation)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence

from triggerfish_laptop.cluster.calls import User
from triggerfish_laptop.cluster.rbac import Attributes, Authorizer
from triggerfish_laptop.cluster.status import StatusError, bad_request, forbidden, unauthorized
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.tokens import ISSUER, LEGACY_ISSUER, Keys

ADMIN = User("kubernetes-admin", ("system:masters", "system:authenticated"))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
_account = "system:serviceaccount:"


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """The user that a service account is."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    return User(f"{_account}{namespace}:{name}", groups, uid)


class TokenReader:
    """Reads tokens; ``now`` gives Unix seconds."""

    def __init__(self, store: ObjectStore, keys: Keys, now: Callable[[], float]) -> None:
        self._store, self._keys, self._now = store, keys, now

    def user(self, headers: Mapping[str, str]) -> User | None:
        """The sender; None when the request carries no credentials. 401 when they are not good."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        user = self.of_token(token.strip())
        if user is None:
            raise unauthorized()
        return user

    def of_token(self, token: str, audiences: Sequence[str] = (ISSUER,)) -> User | None:
        """Whose token it is, None when it belongs to nobody (any more)."""
        if hmac.compare_digest(token.encode(), self._keys.admin.encode()):
            return ADMIN
        claims = self._keys.claims(token)
        if claims is None:
            return None
        if claims.get("iss") == LEGACY_ISSUER:
            return self._legacy(token, claims)
        now = self._now()
        if not claims["nbf"] <= now < claims["exp"] or not set(audiences).intersection(claims["aud"]):
            return None
        private = claims["kubernetes.io"]
        namespace, account = private["namespace"], private["serviceaccount"]
        if not self._lives("serviceaccounts", namespace, account):
            return None
        if "secret" in private and not self._lives("secrets", namespace, private["secret"]):
            return None
        return service_account(namespace, account["name"], account["uid"])

    def _legacy(self, token: str, claims: Mapping[str, str]) -> User | None:
        part = "kubernetes.io/serviceaccount/"
        namespace = claims[part + "namespace"]
        name, uid = claims[part + "service-account.name"], claims[part + "service-account.uid"]
        secret = self._store.collection("secrets").get(namespace, claims[part + "secret.name"])
        kept = "" if secret is None else (secret.value.get("data") or {}).get("token", "")
        if base64.b64decode(kept) != token.encode():
            return None
        if not self._lives("serviceaccounts", namespace, {"name": name, "uid": uid}):
            return None
        return service_account(namespace, name, uid)

    def _lives(self, resource: str, namespace: str, reference: Mapping[str, str]) -> bool:
        stored = self._store.collection(resource).get(namespace, reference["name"])
        return stored is not None and stored.value["metadata"]["uid"] == reference["uid"]


def impersonated(
    user: User, headers: Mapping[str, str], groups: Sequence[str], authorizer: Authorizer
) -> User:
    """The user that the ``Impersonate-*`` headers name, once RBAC has allowed each of them; else ``user``."""
    name = headers.get("impersonate-user", "")
    uid = headers.get("impersonate-uid", "")
    extra = {
        key.removeprefix("impersonate-extra-"): (value,)
        for key, value in headers.items()
        if key.startswith("impersonate-extra-")
    }
    if not name:
        if groups or extra or uid:
            message = "requested impersonation without impersonating a user"
            raise StatusError(500, "InternalError", f"Internal error occurred: {message}")
        return user
    account = _account_of(name)
    if account is not None:
        _demand(authorizer, user, Attributes("impersonate", "", "serviceaccounts", "", *account))
    else:
        _demand(authorizer, user, Attributes("impersonate", "", "users", name=name))
    for group in groups:
        _demand(authorizer, user, Attributes("impersonate", "", "groups", name=group))
    authentication = "authentication.k8s.io"
    for key, values in extra.items():
        asked = Attributes("impersonate", authentication, "userextras", key, name=values[0])
        _demand(authorizer, user, asked)
    if uid:
        _demand(authorizer, user, Attributes("impersonate", authentication, "uids", name=uid))
    if account is not None and not groups:
        own = service_account(*account)
        return User(own.name, own.groups, uid, extra)
    return User(name, (*groups, "system:authenticated"), uid, extra)


def _account_of(name: str) -> tuple[str, str] | None:
    if not name.startswith(_account):
        return None
    namespace, colon, account = name.removeprefix(_account).partition(":")
    if not colon or not namespace or not account:
        raise bad_request(f"{name} is not the name of a service account")
    return namespace, account


def _demand(authorizer: Authorizer, user: User, asked: Attributes) -> None:
    if not authorizer.allows(user, asked):
        what = f'resource "{asked.full_resource}" in API group "{asked.group}"'
        why = f'User "{user.name}" cannot impersonate {what}'
        where = f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
        raise forbidden(asked.group, asked.resource, asked.name, why + where)
