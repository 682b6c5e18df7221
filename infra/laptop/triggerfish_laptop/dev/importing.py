"""Copies what decides about runs from a real cluster into the embedded one: only lists there, no Secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import yaml

from triggerfish import annotations as keys
from triggerfish.errors import ApiError, KubeError, SettingError, TriggerfishError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.credentials import load
from triggerfish.kube.resources import (
    CLUSTER_WORKFLOW_TEMPLATES,
    CRON_WORKFLOWS,
    NAMESPACES,
    WORKFLOW_EVENT_BINDINGS,
    WORKFLOW_TEMPLATES,
    Resource,
)
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.workers import each
from triggerfish.settings import Settings
from triggerfish.workflows.objects import Json

# Templates first: nobody should meet a binding whose template is still to come.
KINDS = (CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES, WORKFLOW_EVENT_BINDINGS, CRON_WORKFLOWS)
_AT_ONCE = 8
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(slots=True)
class Imported:
    """The copied objects by kind, and the rest as sentences."""

    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def copied(found: Json, resource: Resource) -> Json:
    """The object as its author might have written it: without what the cluster and Triggerfish put in."""
    metadata = found["metadata"]
    kept: Json = {"name": metadata["name"]}
    if resource.namespaced:
        kept["namespace"] = metadata["namespace"]
    if metadata.get("labels"):
        kept["labels"] = metadata["labels"]
    own = {
        key: text
        for key, text in (metadata.get("annotations") or {}).items()
        if key != keys.LAST_APPLIED and key not in keys.RECORDED
    }
    if own:
        kept["annotations"] = own
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": kept,
        "spec": found.get("spec") or {},
    }


async def copy(source: Client, target: Client, namespace: str | None) -> Imported:
    """Copy all there is, or what is in one namespace; ``TriggerfishError`` when it cannot be read.

    What has a name that is taken in ``target`` is replaced.
    """
    imported = Imported()
    found = {resource: await _read(source, resource, namespace, imported) for resource in KINDS}
    namespaces = {body["metadata"]["namespace"] for kind in KINDS if kind.namespaced for body in found[kind]}
    for name in sorted(namespaces):
        await _namespace(target, name, imported)

    for resource, bodies in found.items():

        async def put(body: Json, resource: Resource = resource) -> None:
            try:
                await _put(target, resource, copied(body, resource))
            except KubeError as error:
                name = "/".join(filter(None, (body["metadata"].get("namespace"), body["metadata"]["name"])))
                imported.refused.append(f"{resource.kind} {name}: {error}")
            else:
                imported.counts[resource.kind] += 1

        await each(bodies, put, at_once=_AT_ONCE)
    return imported


async def _read(source: Client, resource: Resource, namespace: str | None, imported: Imported) -> list[Json]:
    try:
        return [body async for page in source.pages(resource, namespace) for body in page.items]
    except Unanswered as error:
        raise TriggerfishError(f"the cluster to import from does not answer: {error}") from None
    except ApiError as error:
        if error.status == 404:
            imported.left_out.append(f"{resource.plural}: the cluster does not have this kind")
            return []
        if error.status == 403 and not resource.namespaced:
            imported.left_out.append(f"{resource.plural}: you may not list them in the cluster")
            return []
        hint = "" if namespace or error.status != 403 else "; --namespace NAME reads one namespace only"
        raise TriggerfishError(f"cannot list {resource.plural} there: {error.message}{hint}") from None


async def _namespace(target: Client, name: str, imported: Imported) -> None:
    try:
        body: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await target.create(NAMESPACES, None, body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
    else:
        imported.counts["Namespace"] += 1


async def _put(target: Client, resource: Resource, manifest: Json) -> None:
    metadata = manifest["metadata"]
    namespace = metadata.get("namespace")
    try:
        await target.create(resource, namespace, manifest)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        there = await target.get(resource, namespace, metadata["name"])
        version = there["metadata"]["resourceVersion"]
        replaced = {**manifest, "metadata": {**metadata, "resourceVersion": version}}
        await target.replace(resource, namespace, metadata["name"], replaced)


@asynccontextmanager
async def opened(kubeconfig: str, context: str, embedded: Path) -> AsyncIterator[tuple[Client, Client]]:
    """The cluster of that context, and the embedded one; ``SettingError`` when they are not two."""
    with TemporaryDirectory() as folder:
        joined = _with_context(kubeconfig, context, Path(folder) / "context")
        async with _cluster(joined) as (source, url), _cluster(str(embedded)) as (target, own):
            if urlsplit(own).hostname not in _LOOPBACK:
                raise SettingError(f"{embedded} is not an embedded cluster's: its server is {own}")
            if url == own:
                raise SettingError(
                    f"context {context!r} is the embedded cluster itself; name another: --kubeconfig FILE"
                )
            yield source, target


def _with_context(kubeconfig: str, context: str, choice: Path) -> str:
    """The given files, and ``choice``, which is written to make ``context`` the current one."""
    paths = [path for path in kubeconfig.split(":") if path]
    if not any(Path(path).exists() for path in paths):
        raise SettingError(f"there is no kubeconfig {kubeconfig}; say which: --kubeconfig FILE")
    choice.write_text(yaml.safe_dump({"current-context": context}), encoding="utf-8")
    # kubectl takes the first file that names a current context, the library for plugins the last.
    return ":".join((str(choice), *paths, str(choice)))


@asynccontextmanager
async def _cluster(kubeconfig: str) -> AsyncIterator[tuple[Client, str]]:
    clock = Clock()
    credentials = await load(Settings(kubeconfig=kubeconfig), clock)
    cluster = Cluster(credentials, clock, timeout=30.0)
    try:
        yield cluster.own, credentials.server.url.rstrip("/")
    finally:
        await cluster.close()


def report(imported: Imported, say: Callable[[str], None]) -> None:
    """Report the copied objects and the rest, for people."""
    counts = [f"{number} {kind}{'s' if number != 1 else ''}" for kind, number in imported.counts.items()]
    say("Imported " + (", ".join(counts) or "nothing") + ". Secrets and service accounts were not copied.")
    for sentence in imported.left_out:
        say(f"Left out {sentence}.")
    for sentence in imported.refused:
        say(f"Refused here: {sentence}")
