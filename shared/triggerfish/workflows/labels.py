"""The labels and annotations by which Argo and Triggerfish know a Workflow."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from triggerfish import annotations as keys

_odd = re.compile(r"[^-_.a-zA-Z0-9]")
_outside = re.compile(r"^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$")


@dataclass(frozen=True, slots=True)
class Creator:
    """Who a Workflow is made for: each part empty when it is not known."""

    subject: str = ""
    email: str = ""
    preferred_username: str = ""

    @classmethod
    def service_account(cls, namespace: str, name: str) -> Creator:
        """A service account, by the subject of its tokens."""
        return cls(f"system:serviceaccount:{namespace}:{name}")

    @classmethod
    def of_token(cls, token: str) -> Creator:
        """Return who a bearer token speaks of, as its claims say; nobody when it is not a JWT.

        Nothing is verified here: the API server does that when the token is used. Good for labels, and for
        nothing that decides.
        """
        parts = token.split(".")
        if len(parts) != 3:
            return cls()
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        except (binascii.Error, ValueError, RecursionError):
            return cls()
        if not isinstance(claims, dict):
            return cls()
        subject, email, name = (claims.get(key) for key in ("sub", "email", "preferred_username"))
        return cls(
            subject if isinstance(subject, str) else "",
            email if isinstance(email, str) else "",
            name if isinstance(name, str) else "",
        )

    @property
    def labels(self) -> dict[str, str]:
        """The labels ``workflows.argoproj.io/creator`` and its companions."""
        return self._labels(*keys.CREATORS)

    def acted(self, action: str) -> dict[str, str]:
        """The labels ``workflows.argoproj.io/actor``, its companions, and ``action``; none for nobody."""
        found = self._labels(keys.ACTOR, keys.ACTOR_EMAIL, keys.ACTOR_PREFERRED_USERNAME)
        return found | {keys.ACTION: as_label(action)} if found else {}

    def _labels(self, subject: str, email: str, preferred_username: str) -> dict[str, str]:
        given = {
            subject: as_label(self.subject),
            email: as_label(self.email.replace("@", ".at.", 1)),
            preferred_username: as_label(self.preferred_username),
        }
        return {key: value for key, value in given.items() if value}


@lru_cache(maxsize=1024)
def as_label(text: str) -> str:
    """``text`` as a label's value: other characters become ``-``, and the last 63 stay."""
    return _outside.sub("", _odd.sub("-", text)[-63:])


def selector(instance_id: str) -> str:
    """The label selector of what belongs to this instance: with that id, or without any."""
    return f"{keys.INSTANCE_ID}={instance_id}" if instance_id else f"!{keys.INSTANCE_ID}"


def belongs(labels: Mapping[str, str], instance_id: str) -> bool:
    """Return whether something with these labels belongs to this instance."""
    return labels.get(keys.INSTANCE_ID, "") == instance_id and (keys.INSTANCE_ID in labels) == bool(
        instance_id
    )
