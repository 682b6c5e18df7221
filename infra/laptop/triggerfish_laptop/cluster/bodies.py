"""Bodies of requests: JSON, YAML or protobuf; and times as answers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import yaml

from triggerfish.expressions.go.yaml import Loader
from triggerfish.workflows.objects import Json
from triggerfish_laptop.cluster import protobuf
from triggerfish_laptop.cluster.status import bad_request


def stamp(moment: datetime) -> str:
    """A time as Kubernetes writes it: whole seconds, UTC."""
    return _stamp(int(moment.timestamp()))


@lru_cache(16)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_body(body: bytes, content_type: str) -> Json:
    """The object in a request: JSON, or YAML or protobuf if the content type says so; 400 if it is none."""
    if content_type == protobuf.CONTENT_TYPE:
        return protobuf.decode(body)
    try:
        value = _read_yaml(body) if "yaml" in content_type else orjson.loads(body)
    except (orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise bad_request(f"the object provided is unrecognized (must be of type object): {error}") from error
    if not isinstance(value, dict):
        raise bad_request("the object provided is unrecognized (must be of type object)")
    return value


def _read_yaml(body: bytes) -> Any:
    try:
        # kubectl writes JSON and calls it YAML: the common case, and a hundred times faster.
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return yaml.load(body, Loader=Loader)  # noqa: S506  a SafeLoader
