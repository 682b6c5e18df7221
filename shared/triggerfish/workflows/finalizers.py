"""What stands beside a finalizer of ours on a Workflow: anybody may write a megabyte of others."""

from __future__ import annotations

from triggerfish.workflows.objects import Json

# Characters of others that are kept.
_most = 256


def is_held(metadata: Json, own: str) -> bool:
    """Return whether it carries our finalizer ``own``."""
    return own in (metadata.get("finalizers") or ())


def others(metadata: Json, own: str) -> tuple[str, ...]:
    """All but that one, however many they are."""
    return tuple(each for each in metadata.get("finalizers") or () if each != own)


def kept(metadata: Json, own: str) -> tuple[str, ...] | None:
    """The others where ``own`` is among them; None where they are too long to be kept."""
    if not is_held(metadata, own):
        return ()
    found = others(metadata, own)
    return found if len(",".join(found)) <= _most else None
