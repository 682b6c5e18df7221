"""Variables of the environment whose names are almost those of settings: a typo sets nothing, in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from triggerfish.settings import Settings

# One letter away from a shorter name is often another word: NODE is no MODE.
_shortest = 6
_ours = "TRIGGERFISH_"
# What Kubernetes and the platforms set is near our names on purpose, theirs or ours.
_foreign = ("KUBERNETES_", "K_CONFIGURATION", "K_REVISION")
_units = ("_SECONDS", "_BYTES")


def sentences(environment: Iterable[str] | Mapping[str, str]) -> list[str]:
    """A sentence for each variable that is no setting, but nearly one."""
    known = {each.name.upper() for each in fields(Settings)}
    strange = [name for name in environment if name not in known and not name.startswith(_foreign)]
    if not strange:
        return []
    index = _index(known)
    return [
        f"the variable {name} is no setting, and is not read; did you mean {meant}?"
        for name in strange
        if (meant := _meant(name, known, index))
    ]


def _meant(name: str, known: set[str], index: Mapping[str, str]) -> str:
    plain = name.upper().replace("-", "_").replace(".", "_").removeprefix(_ours)
    if plain in known:
        # Also names of the function's own service, such as TRIGGERFISH_CRON_SERVICE_HOST, are none of these.
        return plain
    for unit in _units:
        if plain + unit in known:
            return plain + unit
    if len(plain) < _shortest:
        return ""
    words = _words(plain)
    if words in index:
        return index[words]
    return next((index[each] for each in _shortened(plain) if each in index), "")


def _index(known: Iterable[str]) -> Mapping[str, str]:
    """The settings by what their names may have become: without one letter, or their words in disorder.

    Two names that differ by one letter, or by two that changed places, are equal without one letter each.
    """
    index: dict[str, str] = {}
    for name in sorted(known):
        if len(name) >= _shortest:
            for each in (name, *_shortened(name), _words(name)):
                index.setdefault(each, name)
    return index


def _shortened(name: str) -> Iterator[str]:
    yield name
    for place in range(len(name)):
        yield name[:place] + name[place + 1 :]


def _words(name: str) -> str:
    """Its words without a plural, in order of the alphabet; no name of a variable begins like this."""
    return " ".join(sorted(word.removesuffix("S") for word in name.split("_") if word))
