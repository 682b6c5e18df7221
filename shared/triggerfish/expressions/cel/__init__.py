"""PURE. The CEL dialect, on cel-python, with the functions of Tekton Triggers. Imported only when used."""

from triggerfish.expressions.cel.program import Program, compile  # noqa: A004  the name both dialects share

__all__ = ["Program", "compile"]
