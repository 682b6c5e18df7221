"""The tables of shared/triggerfish/expressions/cel/syntax/grammar.json, made of cel-python's grammar.

``python -m tests.expressions.cel_grammar --write`` makes the file after a new version of cel-python; a test
compares it. The rules are cel-python's, with what CEL has gained since: ``a.?b``, ``a[?b]``, ``[?a]``,
``{?a: b}``, names between backticks and a comma after the last item. Its terminals are left out: those of its
texts take a time that doubles with each backslash. cel/syntax/lexer.py has ours.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

import celpy
from lark import Lark

FILE = (
    Path(__file__).parents[2] / "shared" / "triggerfish" / "expressions" / "cel" / "syntax" / "grammar.json"
)

NOTICE = "Copyright 2020 Capital One Services, LLC, Apache-2.0"

#: What stands in cel-python's rules, and what stands in ours.
CHANGES = (
    (
        'member_dot     : member "." IDENT\n',
        (
            'member_dot     : member "." IDENT | member "." ESC_IDENT\n'
            'member_opt_dot : member "." "?" IDENT | member "." "?" ESC_IDENT\n'
        ),
    ),
    (
        'member_index   : member "[" expr "]"\n',
        'member_index   : member "[" expr "]"\nmember_opt_index : member "[" "?" expr "]"\n',
    ),
    (
        "member         : member_dot | member_dot_arg | member_index |",
        "member         : member_dot | member_opt_dot | member_dot_arg | member_index | member_opt_index |",
    ),
    (
        'list_lit       : "[" [exprlist] "]"\n',
        (
            'list_lit       : "[" [listinits] "]" | "[" "," "]"\n'
            'listinits      : optexpr ("," optexpr)* [","]\n'
            "optexpr        : expr | opt_expr\n"
            'opt_expr       : "?" expr\n'
        ),
    ),
    ('map_lit        : "{" [mapinits] "}"\n', 'map_lit        : "{" [mapinits] "}" | "{" "," "}"\n'),
    (
        'mapinits       : expr ":" expr ("," expr ":" expr)*\n',
        'mapinits       : optexpr ":" expr ("," optexpr ":" expr)* [","]\n',
    ),
)


def rules() -> str:
    """cel-python's rules, without its terminals, and with ours."""
    source = (Path(celpy.__file__).parent / "cel.lark").read_text()
    lines = [line for line in source.splitlines() if not line.startswith("//")]
    text = "\n".join(lines)
    start = text.index("INT_LIT        :")
    text = text[:start] + "\n"
    for old, new in CHANGES:
        if text.count(old) != 1:
            raise LookupError(f"cel-python's grammar has changed: {old!r} is not there once")
        text = text.replace(old, new)
    names = sorted(set(re.findall(r"\b[A-Z][A-Z_]+\b", text)))
    return text + "\n".join(f"%declare {name}" for name in names)


def tables() -> dict[str, object]:
    """The grammar's rules and the LALR automaton, as JSON."""
    parser = Lark(rules(), parser="lalr", start="expr", lexer="basic", maybe_placeholders=False)
    spelled = {terminal.name: terminal.pattern.value for terminal in parser.terminals if terminal.pattern}
    table = parser.parser.parser._parse_table
    order = sorted(parser.rules, key=lambda rule: (rule.origin.name, [s.name for s in rule.expansion]))
    number = {(rule.origin.name, tuple(s.name for s in rule.expansion)): i for i, rule in enumerate(order)}
    renumbered = {state: i for i, state in enumerate(_reached(table))}
    states: list[dict[str, int]] = [{} for _ in renumbered]
    for state, actions in table.states.items():
        for symbol, (action, argument) in actions.items():
            if action.name == "Shift":
                value = renumbered[argument] + 1
            else:
                value = -1 - number[argument.origin.name, tuple(s.name for s in argument.expansion)]
            states[renumbered[state]][spelled.get(symbol, symbol)] = value
    return {
        "grammar": f"cel-python {version('cel-python')}, {NOTICE}",
        "start": renumbered[table.start_states["expr"]],
        "end": renumbered[table.end_states["expr"]],
        "rules": [[rule.origin.name, len(rule.expansion)] for rule in order],
        "states": [dict(sorted(state.items())) for state in states],
    }


def _reached(table: object) -> list[int]:
    """The states in an order that follows from the grammar alone."""
    start = table.start_states["expr"]  # type: ignore[attr-defined]
    order, seen = [start], {start}
    for state in order:
        for _symbol, (action, argument) in sorted(table.states[state].items()):  # type: ignore[attr-defined]
            if action.name == "Shift" and argument not in seen:
                seen.add(argument)
                order.append(argument)
    return order


def text() -> str:
    """The file as it is committed: one line for each state."""
    found = tables()
    states = ",\n  ".join(json.dumps(state, separators=(",", ":")) for state in found.pop("states"))  # type: ignore[attr-defined]
    rest = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
    return f'{{\n{rest},\n "states": [\n  {states}\n ]\n}}\n'


if __name__ == "__main__":
    if "--write" in sys.argv:
        FILE.write_text(text())
    else:
        sys.stdout.write(text())
