"""cel-spec's conformance files: each test of them that needs no Protocol Buffers, asked of our CEL.

They come from Go's module cache: cel.dev/expr, tests/simple/testdata.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.golang import Unavailable, go, is_there
from tests.support import textproto

from triggerfish.errors import ExpressionError
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.operators import equal
from triggerfish.expressions.cel.program import CelProgram
from triggerfish.expressions.cel.times import SECOND, CelDuration, Timestamp
from triggerfish.expressions.cel.values import TYPES, CelMap, Exact, List, Type, Uint, kind

#: Files that are about messages, wrappers and enums of Protocol Buffers, or have no tests.
MESSAGES = {"dynamic", "enums", "proto2", "proto2_ext", "proto3", "unknowns", "wrappers"}
#: What a test that needs them has in it.
_MESSAGE = re.compile(
    r"TestAllTypes|NestedTestAllTypes|conformance\.proto|google\.protobuf\.(?!Timestamp\b|Duration\b)|proto\."
    r"|object_value(?!.*(?:Timestamp|Duration))|enum_value|TestOnly|Timestamp *\{|Duration *\{s",
    re.DOTALL,
)


@dataclass(frozen=True)
class Case:
    """One test of a file; ``skipped`` says why it is not asked."""

    file: str
    section: str
    name: str
    message: textproto.Message
    skipped: str = ""

    def __str__(self) -> str:
        return f"{self.file}/{self.section}/{self.name}"

    @property
    def source(self) -> str:
        return str(self.message["expr"][0].decode())


def folder(environment: Mapping[str, str]) -> Path:
    """The folder of the files. Raises ``Unavailable``."""
    if not is_there(environment):
        raise Unavailable(
            "cel-spec's conformance files come with Go's module cel.dev/expr, and there is no Go."
        )
    with tempfile.TemporaryDirectory(prefix="celspec-") as name:
        go("celspec", "mod", "download", "cel.dev/expr", folder=Path(name), environment=environment)
        found = go(
            "celspec",
            "list",
            "-m",
            "-f",
            "{{.Dir}}",
            "cel.dev/expr",
            folder=Path(name),
            environment=environment,
        )
    return Path(found.strip()) / "tests" / "simple" / "testdata"


def cases(files: Path) -> Iterator[Case]:
    """Every test of every file."""
    for path in sorted(files.glob("*.textproto")):
        if path.stem in MESSAGES:
            continue
        for section in textproto.read(path.read_text()).get("section", []):
            for test in section.get("test", []):
                name = test["name"][0].decode()
                yield Case(path.stem, section["name"][0].decode(), name, test, _skipped(path.stem, test))


def _skipped(file: str, test: textproto.Message) -> str:
    if _MESSAGE.search(str({key: value for key, value in test.items() if key != "description"})):
        return "Protocol Buffers"
    if "check_only" in test:
        return "types that a checker deduces"
    declared = [each["name"][0] for each in test.get("type_env", [])]
    if "container" in test or any(b"." in name for name in declared):
        return "names with dots, and containers of them"
    return ""


def verdict(case: Case) -> str:
    """Empty where our answer is the one wanted, else what is different."""
    try:
        ours = answer(case)
    except ExpressionError as error:
        if "eval_error" in case.message or "any_eval_errors" in case.message:
            return ""
        return f"raised {error.message}"
    if "eval_error" in case.message or "any_eval_errors" in case.message:
        return f"is {ours!r}, not an error"
    wanted = _wanted(case.message)
    if kind(ours) != kind(wanted) or not _same(ours, wanted):
        return f"is {ours!r}, not {wanted!r}"
    return ""


def answer(case: Case) -> Any:
    """Our value, as a value of CEL's."""
    environment = {
        binding["key"][0].decode(): Exact(value(binding["value"][0]["value"][0]))
        for binding in case.message.get("bindings", [])
    }
    return CelProgram(case.source).value(environment)


def _wanted(message: textproto.Message) -> Any:
    if "typed_result" in message:
        return value(message["typed_result"][0]["result"][0])
    return value(message["value"][0]) if "value" in message else True


def _same(ours: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and wanted != wanted:
        return bool(ours != ours)
    return equal(Account(), ours, wanted)


def value(message: textproto.Message) -> Any:
    """A value of the files as one of ours."""
    ((name, (held, *_)),) = message.items()
    match name:
        case "null_value":
            return None
        case "bool_value":
            return held == "true"
        case "int64_value":
            return int(held, 0)
        case "uint64_value":
            return Uint(int(held, 0))
        case "double_value":
            return float(held)
        case "string_value":
            return held.decode("utf-8", "replace")
        case "bytes_value":
            return held
        case "type_value":
            return TYPES.get(held.decode(), Type(held.decode()))
        case "list_value":
            return List(value(item) for item in held.get("values", []))
        case "map_value":
            made = CelMap()
            for entry in held.get("entries", []):
                made.put(value(entry["key"][0]), value(entry["value"][0]))
            return made
        case "object_value":
            ((url, (span, *_)),) = held.items()
            nanoseconds = int(span.get("seconds", ["0"])[0]) * SECOND + int(span.get("nanos", ["0"])[0])
            return Timestamp(nanoseconds) if url.endswith("Timestamp") else CelDuration(nanoseconds)
    raise ValueError(f"{name} is no value of ours")
