"""The databases of time zones at hand, and which of them is the newest.

There may be two: the tzdata package, and the system's folder (``zoneinfo.TZPATH``). Countries change their
clocks at short notice, so the newest release is the right one, wherever it comes from. A name is looked up in
a database's own list and is never a path.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

PACKAGE = "the tzdata package"

# The list of leap seconds comes with each release, and is renewed each January and July.
_half_a_year = timedelta(days=184)
_year = timedelta(days=365)
_compiled = b"TZif"
# Folders of the same zones with leap seconds, and without.
_copies = ("posix", "right")


@dataclass(frozen=True, eq=False)
class Database:
    """Zone files in ``folder``; ``version`` is that of IANA, such as ``2026b``, empty where nothing says it.

    ``source`` says where it is, in words for people.
    """

    folder: Traversable
    version: str
    source: str

    @classmethod
    def of(cls, folder: Traversable, source: str) -> Database:
        """The database in a folder, which says its own version."""
        return cls(folder, _version(folder), source)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every zone name that it lists."""
        text = _text(self.folder, "tzdata.zi")
        return _listed(text.splitlines()) if text else frozenset(_found(self.folder, ""))

    def zone(self, name: str) -> ZoneInfo | None:
        """That zone; None when the database does not list it, or has no file of it that can be read."""
        if name not in self.names:
            return None
        try:
            with self.folder.joinpath(*name.split("/")).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError, KeyError):
            # Some systems list the old names, and have their files in a package of their own.
            return None

    @cached_property
    def released(self) -> date | None:
        """The latest day on which this version can have been released; None where nothing says it."""
        year = self.version[:4]
        if not year.isdigit():
            return None
        last = date(int(year), 12, 31)
        for line in _text(self.folder, "leapseconds").splitlines():
            if line.startswith("#updated "):
                updated = datetime.fromtimestamp(int(line.split()[1]), UTC).date()
                return min(last, updated + _half_a_year)
        return last

    def is_old(self, now: datetime) -> bool:
        """Return whether its release is certainly more than a year ago."""
        return self.released is not None and now.date() - self.released > _year


def newest_first(databases: Iterable[Database]) -> tuple[Database, ...]:
    """The databases by their version; of two equal ones the first stays first."""
    return tuple(sorted(databases, key=lambda each: (len(each.version), each.version), reverse=True))


@cache
def at_hand() -> tuple[Database, ...]:
    """The databases that this process finds, the newest first. The package is before an equal system."""
    found = []
    with suppress(ModuleNotFoundError):
        found.append(Database.of(resources.files("tzdata.zoneinfo"), PACKAGE))
    for folder in map(Path, TZPATH):
        if folder.joinpath("UTC").is_file():
            found.append(Database.of(folder, str(folder)))
            break
    return newest_first(found)


@cache
def names() -> frozenset[str]:
    """Every zone name there is."""
    return frozenset().union(*(database.names for database in at_hand()))


@cache
def zone(name: str) -> ZoneInfo | None:
    """The zone as the newest database that has it knows it; None when none has."""
    if name == "UTC":
        return ZoneInfo("UTC")
    return next((found for database in at_hand() if (found := database.zone(name))), None)


def _version(folder: Traversable) -> str:
    """As in ``# version 2026b``, the first line of the source that most systems keep beside the files."""
    for file in ("tzdata.zi", "+VERSION"):
        first = _text(folder, file).partition("\n")[0].removeprefix("# version ").strip()
        if first[:4].isdigit():
            return first.partition("-")[0]
    return ""


def _text(folder: Traversable, name: str) -> str:
    try:
        return folder.joinpath(name).read_text("utf-8")
    except (OSError, ValueError, KeyError):
        return ""


def _listed(lines: Iterable[str]) -> frozenset[str]:
    """The names of zones (``Z NAME …``) and links (``L TARGET NAME``)."""
    words = (line.split() for line in lines if line.startswith(("Z ", "L ")))
    return frozenset(each[1] if each[0] == "Z" else each[2] for each in words)


def _found(folder: Traversable, path: str) -> Iterable[str]:
    for each in folder.iterdir():
        if each.is_dir() and each.name not in _copies:
            yield from _found(each, f"{path}{each.name}/")
        elif each.is_file() and each.read_bytes()[:4] == _compiled:
            yield path + each.name
