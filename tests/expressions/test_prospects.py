"""May a condition still be true while members of a name are not known, and which of them decide it?"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triggerfish import expressions
from triggerfish.errors import ExpressionError

_UNKNOWN = frozenset({"permission", "files", "sha"})
_ENVIRONMENT: dict[str, Any] = {
    "payload": {"action": "created", "body": {}},
    "git": {"event": "comment", "command": "retest", "permission": None, "files": None, "sha": None},
}
_ENVIRONMENT["event"] = _ENVIRONMENT

# Of both dialects: the members that are read, and those that decide (None: it cannot be true).
_BOTH = [
    pytest.param('git.event == "comment"', {"event"}, set(), id="nothing unknown, true"),
    pytest.param('git.event == "push"', {"event"}, None, id="nothing unknown, false"),
    pytest.param('git.permission == "write"', {"permission"}, {"permission"}, id="unknown"),
    pytest.param('event.git.permission == "write"', {"permission"}, {"permission"}, id="by the environment"),
    pytest.param('git["permission"] == "write"', {"permission"}, {"permission"}, id="by a key"),
    pytest.param('git.permission in ["write"]', {"permission"}, {"permission"}, id="in a list"),
    pytest.param('!(git.permission == "none")', {"permission"}, {"permission"}, id="not"),
    pytest.param(
        'git.event == "push" && git.permission == "write"', {"event", "permission"}, None, id="false before"
    ),
    pytest.param(
        'git.permission == "write" && git.event == "push"', {"event", "permission"}, None, id="false behind"
    ),
    pytest.param(
        'git.event == "comment" || git.permission == "write"',
        {"event", "permission"},
        set(),
        id="true before",
    ),
    pytest.param(
        'git.permission == "write" || git.event == "comment"',
        {"event", "permission"},
        set(),
        id="true behind",
    ),
    pytest.param(
        'git.event == "push" || git.permission == "write"',
        {"event", "permission"},
        {"permission"},
        id="false beside or",
    ),
    pytest.param(
        'git.event == "push" && git.permission == "x" || git.sha == "y"',
        {"event", "permission", "sha"},
        {"sha"},
        id="what a decided part reads is not needed",
    ),
    pytest.param(
        'git.event == "comment" ? git.permission == "x" : git.sha == "y"',
        {"event", "permission", "sha"},
        {"permission"},
        id="the branch that is taken",
    ),
    pytest.param(
        'git.permission == "x" ? git.sha == "y" : git.event == "push"',
        {"event", "permission", "sha"},
        {"permission", "sha"},
        id="a choice by something unknown",
    ),
    pytest.param(
        'git.permission == "write" && payload.body.x.y.z == 1', {"permission"}, None, id="it fails behind"
    ),
    pytest.param('payload.git.permission == "x"', set(), None, id="a member of a payload of that name"),
    pytest.param("git != git", None, {"permission", "files", "sha"}, id="as a whole: anything"),
]
_EXPR = [
    pytest.param(
        'int("x") == 1 || git.permission == "w"', {"permission"}, None, id="what fails hides what is behind"
    ),
    pytest.param('git?.permission == "w"', {"permission"}, {"permission"}, id="optional"),
    pytest.param('let g = git; g.permission == "w"', {"permission"}, {"permission"}, id="by another name"),
    pytest.param('let e = event; e.git.sha == "w"', {"sha"}, {"sha"}, id="an environment by another name"),
    pytest.param(
        'let p = git.permission; payload.action == "x" && p == "w"',
        {"permission"},
        None,
        id="held, false before",
    ),
    pytest.param('let p = git.permission; p == "w"', {"permission"}, {"permission"}, id="held"),
    pytest.param(
        'any(git.files, # == "a") && git.event == "push"',
        {"files", "event"},
        None,
        id="closure, false behind",
    ),
    pytest.param(
        'any(git.files, # == "a") || git.event == "comment"',
        {"files", "event"},
        {"files"},
        id="closure before or: it may fail, which the other side does not mend",
    ),
    pytest.param('git.event == "push" and git.sha == "x"', {"sha", "event"}, None, id="in words"),
    pytest.param('git.sha == "x" && toJson(git) == ""', None, _UNKNOWN, id="a part takes it as a whole"),
    pytest.param('"sha" in git', None, _UNKNOWN, id="its keys"),
]
_CEL = [
    pytest.param("has(git.permission)", {"permission"}, {"permission"}, id="has"),
    pytest.param(
        'git.files.exists(f, f == "a") || git.event == "comment"',
        {"files", "event"},
        set(),
        id="macro before or: true decides wherever it stands",
    ),
    pytest.param(
        'git.files.exists(f, f == "a") && git.event == "push"',
        {"files", "event"},
        None,
        id="macro, false behind",
    ),
    pytest.param(
        'payload.body.x.y == 1 && git.sha == "x"', {"sha"}, None, id="it fails before, and nothing mends that"
    ),
]


def _check(source: str, dialect: str, members: set[str] | None, needs: set[str] | None) -> None:
    program = expressions.compile(source, dialect)
    assert program.members("git") == members
    found = program.prospect(_ENVIRONMENT, "git", _UNKNOWN)
    assert (found.needs if found.may else None) == needs


@pytest.mark.parametrize(("source", "members", "needs"), _BOTH + _EXPR)
def test_expr(source: str, members: set[str] | None, needs: set[str] | None) -> None:
    _check(source, "expr", members, needs)


@pytest.mark.parametrize(("source", "members", "needs"), _BOTH + _CEL)
def test_cel(source: str, members: set[str] | None, needs: set[str] | None) -> None:
    _check(source, "cel", members, needs)


def test_what_does_not_speak_of_the_name_reads_nothing_of_it() -> None:
    assert expressions.compile("payload.x").members("git") == frozenset()


_leaves = st.sampled_from(
    [
        "git.p",
        "git.q",
        "git.r",
        "true",
        "false",
        "git.t",
        "git.f",
        'git.p == "x"',
        "git.q != nil",
        "payload.a.b.c",
    ]
)


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from(["&&", "||"]), parts).map(lambda each: f"({' '.join(each)})"),
        parts.map(lambda each: f"!({each})"),
        st.tuples(parts, parts, parts).map(lambda each: f"({each[0]} ? {each[1]} : {each[2]})"),
    )


_sources = st.recursive(_leaves, _joined, max_leaves=6)
_values = st.sampled_from([None, True, False, "x"])


@given(source=_sources, dialect=st.sampled_from(["expr", "cel"]), p=_values, q=_values, r=_values)
@example(source="(git.p || git.t)", dialect="expr", p="x", q=None, r=None)
def test_whatever_the_unknown_members_are_what_was_foretold_comes(
    source: str, dialect: str, p: Any, q: Any, r: Any
) -> None:
    """What cannot be true is never true; what needs nothing is the same with nil in their places."""
    program = expressions.compile(source if dialect == "expr" else source.replace("nil", "null"), dialect)
    known = {"git": {"t": True, "f": False, "p": None, "q": None, "r": None}, "payload": {}}
    filled = {**known, "git": {**known["git"], "p": p, "q": q, "r": r}}
    found = program.prospect(known, "git", frozenset({"p", "q", "r"}))
    if not found.may:
        assert _true(program, filled) is False
    elif not found.needs:
        assert _true(program, filled) is True
    # Members that are not needed change nothing.
    less = {
        **filled,
        "git": {
            name: value if name in found.needs | {"t", "f"} else None for name, value in filled["git"].items()
        },
    }
    assert _true(program, less) == _true(program, filled)


def _true(program: expressions.Program, environment: dict[str, Any]) -> bool:
    try:
        return program.evaluate(environment) is True
    except ExpressionError:
        return False
