"""The options of a submission by hand, as Argo's API and command line send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from triggerfish import annotations as keys
from triggerfish.errors import SpecError
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.objects import Json

# Where each kind of artifact storage keeps the key, and what to do with it there.
_keys = {"s3": "key", "gcs": "key", "oss": "key", "azure": "blob", "hdfs": "path"}
_urls = ("http", "artifactory")


@dataclass(frozen=True, slots=True)
class Options:
    """``submitOptions``, read: every field optional."""

    name: str = ""
    generate_name: str = ""
    entrypoint: str = ""
    service_account: str = ""
    pod_priority_class_name: str = ""
    priority: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owner_reference: Json | None = None
    dry_run: bool = False
    server_dry_run: bool = False

    @classmethod
    def read(cls, given: Any) -> Options:
        """From JSON; unknown fields are ignored. ``SpecError`` names the field that is wrong."""
        if given is None:
            return cls()
        if not isinstance(given, dict):
            raise SpecError("submitOptions", "this is not an object")
        return cls(
            name=_typed(given, "name", str, ""),
            generate_name=_typed(given, "generateName", str, ""),
            entrypoint=_typed(given, "entryPoint", str, ""),
            service_account=_typed(given, "serviceAccount", str, ""),
            pod_priority_class_name=_typed(given, "podPriorityClassName", str, ""),
            priority=_typed(given, "priority", int, None),
            parameters=tuple(_pairs(given, "parameters", "NAME=VALUE")),
            artifacts=dict(_pairs(given, "artifacts", "NAME=KEY")),
            labels=_labels(given, "labels"),
            annotations=_labels(given, "annotations"),
            owner_reference=_typed(given, "ownerReference", dict, None),
            dry_run=_flag(given, "dryRun"),
            server_dry_run=_flag(given, "serverDryRun"),
        )

    def applied(self, workflow: Json, creator: Creator, artifacts: list[Json]) -> Json:
        """``workflow`` with these options, made for ``creator``, whose labels nothing overrides.

        ``artifacts`` are those that its template declares: an override copies one and changes its key.
        """
        spec: Json = dict(workflow["spec"])
        named = {
            "entrypoint": self.entrypoint,
            "serviceAccountName": self.service_account,
            "podPriorityClassName": self.pod_priority_class_name,
        }
        spec |= {key: value for key, value in named.items() if value}
        if self.priority is not None:
            spec["priority"] = self.priority
        if arguments := self._arguments(spec.get("arguments") or {}, artifacts):
            spec["arguments"] = arguments
        return {**workflow, "metadata": self._metadata(workflow["metadata"], creator), "spec": spec}

    def _metadata(self, given: Json, creator: Creator) -> Json:
        metadata = dict(given)
        marks = {**(given.get("labels") or {}), **self.labels}
        for key in keys.CREATORS:
            marks.pop(key, None)
        metadata["labels"] = marks | creator.labels
        metadata["annotations"] = {**(given.get("annotations") or {}), **self.annotations}
        if self.generate_name:
            metadata["generateName"] = self.generate_name
        if self.name:
            metadata["name"] = self.name
        if self.owner_reference is not None:
            metadata["ownerReferences"] = [*(given.get("ownerReferences") or []), self.owner_reference]
        return metadata

    def _arguments(self, given: Json, declared: list[Json]) -> Json:
        arguments = dict(given)
        if self.parameters:
            overridden = {name for name, _ in self.parameters}
            arguments["parameters"] = [{"name": name, "value": value} for name, value in self.parameters] + [
                parameter
                for parameter in given.get("parameters") or []
                if parameter.get("name") not in overridden
            ]
        if self.artifacts:
            known = {
                artifact.get("name"): artifact for artifact in [*declared, *(given.get("artifacts") or [])]
            }
            if unknown := sorted(self.artifacts.keys() - known.keys()):
                problem = f"no artifact is called {', '.join(unknown)}"
                raise SpecError("submitOptions.artifacts", problem, "use a name that the template declares")
            changed = {name: _with_key(known[name], key) for name, key in self.artifacts.items()}
            kept = [
                artifact for artifact in given.get("artifacts") or [] if artifact.get("name") not in changed
            ]
            arguments["artifacts"] = [*kept, *changed.values()]
        return arguments


def _with_key(artifact: Json, key: str) -> Json:
    for kind, field_name in _keys.items():
        if isinstance(artifact.get(kind), dict):
            return {**artifact, kind: {**artifact[kind], field_name: key}}
    for kind in _urls:
        if isinstance(artifact.get(kind), dict):
            url = urlsplit(str(artifact[kind].get("url", "")))._replace(path=f"/{key.lstrip('/')}").geturl()
            return {**artifact, kind: {**artifact[kind], "url": url}}
    problem = f"artifact {artifact.get('name')!r} is in a storage without a key"
    raise SpecError("submitOptions.artifacts", problem, "declare its storage (s3, gcs, …) in the template")


def _typed(given: Json, key: str, kind: type, default: Any) -> Any:
    value = given.get(key)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SpecError(f"submitOptions.{key}", f"this is not {_names[kind]}")
    return value


def _flag(given: Json, key: str) -> bool:
    return _typed(given, key, bool, None) is True


_names = {str: "text", int: "a whole number", dict: "an object", bool: "true or false", list: "a list"}


def _pairs(given: Json, key: str, form: str) -> list[tuple[str, str]]:
    pairs = []
    for index, text in enumerate(_typed(given, key, list, [])):
        at = f"submitOptions.{key}[{index}]"
        name, equals, value = text.partition("=") if isinstance(text, str) else ("", "", "")
        if not equals or not name:
            raise SpecError(at, f"{text!r} does not have the form {form}"[:200])
        pairs.append((name, value))
    return pairs


def _labels(given: Json, key: str) -> dict[str, str]:
    text = _typed(given, key, str, "")
    marks = {}
    for part in text.split(",") if text else []:
        name, equals, value = part.partition("=")
        if not equals or not name or "=" in value:
            raise SpecError(f"submitOptions.{key}", f"{part!r} does not have the form NAME=VALUE"[:200])
        marks[name] = value
    return marks
