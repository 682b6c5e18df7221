"""Rights at the API server, and which of them an identity lacks: by reviews that everybody may ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from triggerfish.kube.client import Client
from triggerfish.kube.resources import SELF_SUBJECT_ACCESS_REVIEWS, Resource
from triggerfish.workflows.objects import Json


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource; ``name`` restricts it to one object."""

    verb: str
    resource: Resource
    name: str = ""

    def __str__(self) -> str:
        group = f".{self.resource.group}" if self.resource.group else ""
        return f"{self.verb} {self.resource.plural}{group}" + (f" named {self.name}" if self.name else "")

    def attributes(self, namespace: str | None) -> Json:
        """The question whether somebody has it there; without a namespace, in all of them."""
        given: Json = {"verb": self.verb, "group": self.resource.group, "resource": self.resource.plural}
        if namespace and self.resource.namespaced:
            given["namespace"] = namespace
        return given | ({"name": self.name} if self.name else {})


async def missing(own: Client, rights: Iterable[Right], namespace: str | None) -> list[Right]:
    """Return those that the identity of ``own`` lacks; ``KubeError`` when the API server does not say."""

    async def lacks(right: Right) -> bool:
        body: Json = {
            "apiVersion": SELF_SUBJECT_ACCESS_REVIEWS.api_version,
            "kind": SELF_SUBJECT_ACCESS_REVIEWS.kind,
            "spec": {"resourceAttributes": right.attributes(namespace)},
        }
        answer = await own.create(SELF_SUBJECT_ACCESS_REVIEWS, None, body)
        return (answer.get("status") or {}).get("allowed") is not True

    asked = tuple(rights)
    found = await asyncio.gather(*map(lacks, asked))
    return [right for right, is_lacking in zip(asked, found, strict=True) if is_lacking]
