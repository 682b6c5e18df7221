"""sprig's semver and semverCompare: the versions and constraints of github.com/Masterminds/semver 3.3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from triggerfish.errors import ExpressionError
from triggerfish.expressions import natures as types
from triggerfish.expressions.callables import CallContext
from triggerfish.expressions.go.methods import Definition, add_methods
from triggerfish.expressions.go.values import decode, encode
from triggerfish.expressions.patterns import compiled
from triggerfish.expressions.sprig.signature import Family

family = Family()

_SUFFIX = r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
_VERSION = r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?" + _SUFFIX
# The stray | in the classes are the library's: "1|2" reads as a version there too, and then fails.
_PATTERN = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?" + _SUFFIX
_OPERATOR = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
# The library's own expressions. On RE2 because they backtrack badly, and because their alternation counts on
# Go's leftmost-first rule.
_ONE = rf"^\s*({_OPERATOR})\s*({_PATTERN})\s*$"
_RANGE = rf"\s*({_PATTERN})\s+-\s+({_PATTERN})\s*"
_EACH = rf"({_OPERATOR})\s*({_PATTERN})"
_VALID = rf"^(\s*({_OPERATOR})\s*({_PATTERN})\s*)((?:\s+|,\s*)({_OPERATOR})\s*({_PATTERN})\s*)*$"
_LIMIT = 512
"""Characters of a version or constraint."""


class Version(str):
    """A semantic version: a string that is its canonical form, and the parts it was read from."""

    go_type: ClassVar[str] = "*semver.Version"
    parts: tuple[int, int, int, str, str, str]

    @classmethod
    def of(cls, major: int, minor: int, patch: int, prerelease: str, metadata: str, original: str) -> Version:
        """From the parts that were read."""
        dash = f"-{prerelease}" if prerelease else ""
        plus = f"+{metadata}" if metadata else ""
        version = cls(f"{major}.{minor}.{patch}{dash}{plus}")
        version.parts = major, minor, patch, prerelease, metadata, original
        return version

    @property
    def major(self) -> int:
        """The first number."""
        return self.parts[0]

    @property
    def minor(self) -> int:
        """The second number."""
        return self.parts[1]

    @property
    def patch(self) -> int:
        """The third number."""
        return self.parts[2]

    @property
    def prerelease(self) -> str:
        """Return what follows the dash."""
        return self.parts[3]

    @property
    def order(self) -> tuple[Any, ...]:
        """What comparison goes by; build metadata does not count, a prerelease comes before its release."""
        return self.major, self.minor, self.patch, not self.prerelease, _prerelease_order(self.prerelease)


def _raised(version: Version, part: int) -> Version:
    """The next release by one part; a patch of a prerelease is its release."""
    numbers = [version.major, version.minor, version.patch]
    numbers[part] += 0 if part == 2 and version.prerelease else 1
    major, minor, patch = (*numbers[: part + 1], 0, 0)[:3]
    return Version.of(major, minor, patch, "", "", f"{major}.{minor}.{patch}")


_NATURE = types.Nature("semver", Version.go_type)
add_methods(
    Version,
    "semver",
    Definition("Major", (), types.INT, lambda v: v.major),
    Definition("Minor", (), types.INT, lambda v: v.minor),
    Definition("Patch", (), types.INT, lambda v: v.patch),
    Definition("Prerelease", (), types.STRING, lambda v: v.prerelease),
    Definition("Metadata", (), types.STRING, lambda v: v.parts[4]),
    Definition("Original", (), types.STRING, lambda v: v.parts[5]),
    Definition("String", (), types.STRING, lambda v: "".join(v)),
    Definition("Compare", (_NATURE,), types.INT, lambda v, o: (v.order > o.order) - (v.order < o.order)),
    Definition("Equal", (_NATURE,), types.BOOL, lambda v, o: v.order == o.order),
    Definition("LessThan", (_NATURE,), types.BOOL, lambda v, o: v.order < o.order),
    Definition("LessThanEqual", (_NATURE,), types.BOOL, lambda v, o: v.order <= o.order),
    Definition("GreaterThan", (_NATURE,), types.BOOL, lambda v, o: v.order > o.order),
    Definition("GreaterThanEqual", (_NATURE,), types.BOOL, lambda v, o: v.order >= o.order),
    Definition("IncMajor", (), _NATURE, lambda v: _raised(v, 0)),
    Definition("IncMinor", (), _NATURE, lambda v: _raised(v, 1)),
    Definition("IncPatch", (), _NATURE, lambda v: _raised(v, 2)),
)


def _prerelease_order(prerelease: str) -> tuple[tuple[int, int, str], ...]:
    # Numbers come before words, and by value; a shorter list of equal parts comes first.
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in prerelease.split("."))


def parse_version(source: str) -> Version:
    """The version; ExpressionError when it is none. Missing minor and patch are 0."""
    if len(source) > _LIMIT:
        raise ExpressionError(f"a version has at most {_LIMIT} characters")
    match = re.fullmatch(_VERSION, source)
    if match is None or not source.isascii():
        raise ExpressionError(f"invalid semantic version: {source!r}")
    major, minor, patch = (int((match[group] or "0").removeprefix(".")) for group in (1, 2, 3))
    if max(major, minor, patch) >= 2**64:
        raise ExpressionError(f"version segment out of range: {source!r}")
    prerelease, metadata = match[5] or "", match[8] or ""
    for part in prerelease.split("."):
        if len(part) > 1 and part.isdigit() and part[0] == "0":
            raise ExpressionError(f"version prerelease segment starts with 0: {source!r}")
    return Version.of(major, minor, patch, prerelease, metadata, source)


@family("semver", "string")
def _semver(source: str) -> Version:
    return parse_version(source)


@family("semverCompare", "string", "string", contextual=True)
def _semver_compare(context: CallContext, constraint: str, version: str) -> bool:
    context.spend(len(constraint) + len(version))
    alternatives = _parse_constraints(constraint)
    parsed = parse_version(version)
    return any(all(part.allows(parsed) for part in parts) for parts in alternatives)


@dataclass(frozen=True, slots=True)
class _Constraint:
    """One comparison. ``depth``: how many numbers were written, 3 or fewer where x or nothing stood."""

    operator: str
    version: Version
    depth: int

    def allows(self, version: Version) -> bool:
        """Return whether the version passes; a prerelease only passes where the constraint names one."""
        here = self.version
        if version.prerelease and not here.prerelease and (self.operator != "!=" or self.depth < 3):
            return False
        same_major, same_minor = version.major == here.major, version.minor == here.minor
        match self.operator:
            case "!=":
                return self._differs(version)
            case ">":
                if self.depth == 3:
                    return version.order > here.order
                if not same_major:
                    return version.major > here.major
                return self.depth != 1 and (
                    version.minor > here.minor if self.depth == 2 else version.order > here.order
                )
            case "<":
                return version.order < here.order
            case ">=" | "=>":
                return version.order >= here.order
            case "<=" | "=<":
                if self.depth == 3:
                    return version.order <= here.order
                return version.major < here.major or (
                    same_major and (version.minor <= here.minor or self.depth == 1)
                )
            case "^":
                return version.order >= here.order and self._caret(version)
            case "~" | "~>":
                return self._tilde(version, same_major=same_major, same_minor=same_minor)
        if self.depth < 3:
            return self._tilde(version, same_major=same_major, same_minor=same_minor)
        return version.order == here.order

    def _tilde(self, version: Version, *, same_major: bool, same_minor: bool) -> bool:
        here = self.version
        if version.order < here.order:
            return False
        if (here.major, here.minor, here.patch) == (0, 0, 0) and self.depth in (0, 3):
            return True
        return same_major and (same_minor or self.depth == 1)

    def _caret(self, version: Version) -> bool:
        here = self.version
        if here.major > 0 or self.depth == 1:
            return version.major == here.major
        if version.major > 0:
            return False
        if here.minor > 0 or self.depth == 2:
            return version.minor == here.minor
        return version.minor == 0 and version.patch == here.patch

    def _differs(self, version: Version) -> bool:
        here = self.version
        if self.depth == 3:
            return version.order != here.order
        if version.major != here.major:
            return True
        if self.depth == 1:
            return False
        if version.minor != here.minor:
            return True
        if self.depth == 2:
            return bool(version.prerelease or here.prerelease) and version.prerelease != here.prerelease
        return version.patch != here.patch or version.order != here.order


def _parse_constraints(source: str) -> list[list[_Constraint]]:
    if len(source) > _LIMIT:
        raise ExpressionError(f"a constraint has at most {_LIMIT} characters")
    data = compiled(_RANGE).sub(
        lambda match: b">= %b, <= %b " % (match.group(1), match.group(11)), encode(source)
    )
    return [_parse_all(part) for part in data.split(b"||")]


def _parse_all(source: bytes) -> list[_Constraint]:
    if not compiled(_VALID).search(source):
        raise ExpressionError(f"improper constraint: {decode(source)}")
    return [_parse_one(match.group()) for match in compiled(_EACH).finditer(source)] or [_parse_one(source)]


def _parse_one(source: bytes) -> _Constraint:
    match = compiled(_ONE).search(source)
    if match is None:
        raise ExpressionError(f"improper constraint: {decode(source)}")
    operator, written, major, minor, patch, suffix = (
        decode(match.group(group) or b"") for group in range(1, 7)
    )
    minor, patch = minor[1:], patch[1:]
    if major in _ANY:
        return _Constraint(operator, _constraint_version(f"0.0.0{suffix}"), 0)
    if minor in _ANY:
        return _Constraint(operator, _constraint_version(f"{major}.0.0{suffix}"), 1)
    if patch in _ANY:
        return _Constraint(operator, _constraint_version(f"{major}.{minor}.0{suffix}"), 2)
    return _Constraint(operator, _constraint_version(written), 3)


_ANY = ("", "x", "X", "*")


def _constraint_version(source: str) -> Version:
    try:
        return parse_version(source)
    except ExpressionError:
        raise ExpressionError(f"constraint parser error: {source}") from None
