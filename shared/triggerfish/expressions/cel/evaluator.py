"""cel-python's interpreter, counting each node it visits, and short in what it says of large values."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

import lark
from celpy import celtypes
from celpy.evaluation import Activation, CELEvalError, Evaluator

from triggerfish.expressions.cel.functions import Wrong
from triggerfish.expressions.cel.limits import Budget
from triggerfish.expressions.cel.values import Value, weight

Tree = Any
"""A lark tree; its children are trees and tokens, told apart by the grammar's rule alone."""

_MESSAGE_LIMIT = 300


class Counting(Evaluator):
    """cel-python's interpreter, counting each node it visits, and short in what it says of large values."""

    def __init__(self, ast: Tree, activation: Activation, budget: Budget) -> None:
        super().__init__(ast, activation)
        self._budget = budget

    def sub_evaluator(self, ast: Tree) -> Evaluator:
        """The body of a macro, on the same account."""
        return Counting(ast, self.activation, self._budget)

    def _visit_tree(self, tree: Tree) -> Any:
        self._budget.spend(1)
        return super()._visit_tree(tree)

    def member_dot(self, tree: Tree) -> Any:
        """Field selection; the library would print the whole value that has no fields."""
        inner, name = tree.children
        value = self.visit(inner)
        if isinstance(value, celtypes.MapType) and not isinstance(value, celtypes.MessageType):
            if (key := celtypes.StringType(name)) in value:
                return value[key]
            return _fault(f"no such key: {str(name)!r}{nearest(str(name), value)}", name)
        if isinstance(value, (str, list)) or value is None:
            return _fault(f"{_kind(value)} has no field {str(name)!r}", name)
        return super().member_dot(tree)

    def member_dot_arg(self, tree: Tree) -> Any:
        """A method or a macro; ``all`` and ``exists`` stop as soon as they know."""
        name = tree.children[1]
        if name not in ("all", "exists", "exists_one", "map", "filter"):
            return super().member_dot_arg(tree)
        values = self.visit(tree.children[0])
        if isinstance(values, CELEvalError):
            return values
        if not isinstance(values, (list, dict)):
            return _fault(f"{name} goes over a list or a map, not {_kind(values)}", name)
        if len(tree.children) != 3 or len(tree.children[2].children) != 2:
            return _fault(f"{name} takes a variable and an expression: {name}(x, …)", name)
        if name in ("all", "exists"):
            return self._quantified(name, values, self.build_ss_macro_eval(tree))
        return super().member_dot_arg(tree)

    def _quantified(self, name: lark.Token, values: Any, holds: Any) -> Any:
        decides = name == "exists"
        fault = None
        for value in values:
            result = holds(value)
            if isinstance(result, celtypes.BoolType):
                if bool(result) is decides:
                    return celtypes.BoolType(decides)
            elif fault is None:
                fault = (
                    result if isinstance(result, CELEvalError) else _fault(f"{name} needs a boolean", name)
                )
        return celtypes.BoolType(not decides) if fault is None else fault

    def expr(self, tree: Tree) -> Any:
        """``condition ? one : other``: only the chosen one is evaluated."""
        if len(tree.children) == 1:
            return super().expr(tree)
        condition = self.visit(tree.children[0])
        if isinstance(condition, CELEvalError):
            return condition
        if not isinstance(condition, celtypes.BoolType):
            return CELEvalError(f"the condition of ?: must be a boolean, not {_kind(condition)}", tree=tree)
        return self.visit(tree.children[1 if condition else 2])

    def relation(self, tree: Tree) -> Any:
        """A comparison; an int and a double compare by value."""
        return self._operation(tree) if len(tree.children) > 1 else super().relation(tree)

    def addition(self, tree: Tree) -> Any:
        """A sum or a difference; an int and a double give a double."""
        return self._operation(tree) if len(tree.children) > 1 else super().addition(tree)

    def multiplication(self, tree: Tree) -> Any:
        """A product, a quotient or a remainder; an int and a double give a double."""
        return self._operation(tree) if len(tree.children) > 1 else super().multiplication(tree)

    def _operation(self, tree: Tree) -> Any:
        """Both sides, paid for by their size, and the library's function for the operator."""
        rule, right_tree = tree.children
        left, right = self.visit(rule.children[0]), self.visit(right_tree)
        for side in (left, right):
            if isinstance(side, CELEvalError):
                return side
            if isinstance(side, (list, dict)):
                self._budget.spend(weight(side, self._budget.left + 1))
        if type(left) is not type(right) and _is_number(left) and _is_number(right):
            left, right = celtypes.DoubleType(left), celtypes.DoubleType(right)
        symbol = _OPERATORS[rule.data]
        try:
            result = self.activation.resolve_function(f"_{symbol}_")(left, right)
        except (TypeError, AttributeError):
            return CELEvalError(f"{_kind(left)} {symbol} {_kind(right)} has no meaning", tree=tree)
        except (ArithmeticError, ValueError) as error:
            return CELEvalError(f"{symbol}: {error}", tree=tree)
        if isinstance(result, (str, list)):
            self._budget.made(len(result))
        return result

    def literal(self, tree: Tree) -> Any:
        """A literal; of a text over several lines the library would lose the ends of the lines."""
        token = tree.children[0]
        if token.type == "MLSTRING_LIT" and "\n" in token and token[0] not in "rR":
            token = lark.Token.new_borrow_pos(token.type, token.replace("\n", "\\n"), token)
            tree = lark.Tree(tree.data, [token], tree.meta)
        return super().literal(tree)

    def function_eval(self, name_token: lark.Token, exprlist: Any = None) -> Any:
        """A call; what its arguments lack is an error at its place."""
        try:
            return super().function_eval(name_token, exprlist)
        except Wrong as error:
            return _fault(f"{name_token}: {error.message}", name_token)

    def method_eval(self, object: Any, method_ident: lark.Token, exprlist: Any = None) -> Any:  # noqa: A002  the library's name
        """A call with a receiver."""
        try:
            return super().method_eval(object, method_ident, exprlist)
        except Wrong as error:
            return _fault(f"{method_ident}: {error.message}", method_ident)


_OPERATORS = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_in": "in",
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
}


def _is_number(value: Value) -> bool:
    return isinstance(value, (celtypes.IntType, celtypes.UintType, float)) and not isinstance(
        value, celtypes.BoolType
    )


def _fault(message: str, token: lark.Token) -> CELEvalError:
    return CELEvalError(message, token=token)


_KINDS = ((celtypes.BoolType, "a boolean"), (int, "a number"), (float, "a number"), (str, "a string"))


def _kind(value: Value) -> str:
    if value is None:
        return "null"
    found = next((name for class_, name in _KINDS if isinstance(value, class_)), "")
    return found or ("a list" if isinstance(value, list) else "a value of its kind")


def nearest(name: str, known: Collection[Any]) -> str:
    """The end of a message about a name there is not: the known one that looks most like it, if any does."""
    close = difflib.get_close_matches(name, [str(key) for key in list(known)[:200]], 1)
    return f', did you mean "{close[0]}"?' if close else ""


def plain_message(error: Exception) -> str:
    """What an error of the library's says, without the names of its own classes."""
    message = str(error.args[0]) if error.args else "cannot be evaluated"
    message = message.split(" (in activation", 1)[0].replace("celpy.celtypes.", "")
    return message if len(message) <= _MESSAGE_LIMIT else message[:_MESSAGE_LIMIT] + "…"
