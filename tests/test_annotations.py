"""Every annotation, label and finalizer has one home, and the documentation names those that are ours."""

import ast
import re
from pathlib import Path

from triggerfish import annotations as keys

ROOT = Path(__file__).parents[1]
HOME = ROOT / "shared" / "triggerfish" / "annotations.py"
PAGE = ROOT / "docs" / "annotations.md"
ALL = {name: value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
# A key, not an API version (argoproj.io/v1alpha1), a type of Secret or a claim of a token.
KEY = re.compile(r"((cron)?workflows\.argoproj\.io|triggerfish\.dev|kubectl\.kubernetes\.io)/[\w.-]*")


def strings(path: Path) -> set[str]:
    """Every string of a module but its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
    return {node.value for node in constants if isinstance(node.value, str)}


def test_a_key_is_written_nowhere_else():
    modules = [path for top in ("shared", "infra", "functions") for path in (ROOT / top).rglob("*.py")]
    assert len(modules) > 250
    known = set(ALL.values()) - {keys.OURS}
    elsewhere = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in modules
        if path != HOME
        for text in strings(path)
        if KEY.match(text) or text in known
    ]
    assert not elsewhere


def test_no_key_is_there_twice():
    assert len(set(ALL.values())) == len(ALL)


def test_each_has_its_meaning_beside_it_and_the_page_says_the_same():
    meanings = re.findall(r'^[A-Z_]+ = "(\S+/\S+)"  # (?:noqa: S105  )?(.+)$', HOME.read_text(), re.MULTILINE)
    assert {key for key, _ in meanings} == set(ALL.values()) - {keys.OURS}
    rows = re.findall(r"^\| `(\S+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows == meanings
