"""PURE. The CEL dialect: cel-python's grammar, compiled as expr is. Imported only when used.

Source goes lexer → parser (by the tables of cel-python's grammar) → macros → checker → compiler (through
Python's ``ast``, never through text) → ``CelProgram``. Values and their operators are in values,
every function in functions/, what compiled code calls besides in evaluation and loops.
"""

from triggerfish.expressions.cel.program import CelProgram, compile  # noqa: A004  the name both dialects share

__all__ = ["CelProgram", "compile"]
