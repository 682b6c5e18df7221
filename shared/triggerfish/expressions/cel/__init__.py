"""PURE. The CEL dialect, on cel-python, with the functions that Tekton Triggers has. Imported only when used."""

from triggerfish.expressions.cel.program import Program, compile

__all__ = ["Program", "compile"]
