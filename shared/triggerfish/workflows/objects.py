"""What all objects of the Kubernetes API share: they are plain JSON, and their names follow one rule."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

Json = dict[str, Any]
"""An object, or a part of one, as the API sends and takes it."""

API_VERSION = "argoproj.io/v1alpha1"

_name = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def is_name(text: str) -> bool:
    """Whether ``text`` is a DNS subdomain (RFC 1123), as the names of all objects that we address are."""
    return len(text) <= 253 and _is_name(text)


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return _name.fullmatch(text) is not None


def is_namespace(text: str) -> bool:
    """Return whether ``text`` is a DNS label (RFC 1123), as the names of namespaces are."""
    return len(text) <= 63 and "." not in text and is_name(text)
