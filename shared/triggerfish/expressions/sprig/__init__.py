"""PURE. The function map of sprig 3.3.0, one file a family, by Go's rules for arguments and results.

``FUNCTIONS`` is what ``sprig.`` reaches in ``submit.metadata`` and ``{{= }}``. What reads the environment or
the network, makes keys or is slow on purpose is left out: calling it is an error that says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from triggerfish.errors import ExpressionError
from triggerfish.expressions.callables import CallContext, Function
from triggerfish.expressions.sprig import (
    cases,
    dates,
    defaults,
    dicts,
    encoding,
    hashes,
    lists,
    numbers,
    paths,
    randoms,
    regexes,
    semvers,
    strings,
    urls,
)

_FAMILIES = (
    cases,
    dates,
    defaults,
    dicts,
    encoding,
    hashes,
    lists,
    numbers,
    paths,
    randoms,
    regexes,
    semvers,
    strings,
    urls,
)

_SLOW = "it is slow on purpose, and an expression is evaluated for strangers' payloads"
_KEYS = "an expression makes no keys: make them once and keep them in a Secret"
_LEFT_OUT = {
    "env": "an expression does not see the function's environment",
    "expandenv": "an expression does not see the function's environment",
    "getHostByName": "an expression has no network",
    "bcrypt": _SLOW,
    "htpasswd": _SLOW,
    "derivePassword": _SLOW,
    "encryptAES": _KEYS,
    "decryptAES": "an expression holds no keys",
    "genPrivateKey": _KEYS,
    "buildCustomCert": _KEYS,
    "genCA": _KEYS,
    "genCAWithKey": _KEYS,
    "genSelfSignedCert": _KEYS,
    "genSelfSignedCertWithKey": _KEYS,
    "genSignedCert": _KEYS,
    "genSignedCertWithKey": _KEYS,
}


def _left_out(name: str, reason: str) -> Function:
    def call(_context: CallContext, _arguments: Sequence[Any]) -> Any:
        raise ExpressionError(f"sprig.{name} is not offered: {reason}")

    return Function(f"sprig.{name}", call)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {name: function for module in _FAMILIES for name, function in module.family.functions.items()}
    | {name: _left_out(name, reason) for name, reason in _LEFT_OUT.items()}
)
"""Every function by its name in sprig."""
