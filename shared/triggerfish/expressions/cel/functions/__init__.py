"""Every function of the CEL dialect, in one table: triggerfish.expressions.cel.functions.registry."""

from triggerfish.expressions.cel.functions import (
    conversions,
    encoders,
    formats,
    lists,
    network,
    numbers,
    optionals,
    standard,
    strings,
    tekton,
)
from triggerfish.expressions.cel.functions.registry import GLOBALS, MEMBERS, NAMESPACES, CelFunction

__all__ = [
    "GLOBALS",
    "MEMBERS",
    "NAMESPACES",
    "CelFunction",
    "conversions",
    "encoders",
    "formats",
    "lists",
    "network",
    "numbers",
    "optionals",
    "standard",
    "strings",
    "tekton",
]
