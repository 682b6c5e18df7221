"""What sprig's functions cost, in units of ``callables.COST_LIMIT`` (about 50 ns), one table for all.

Measured, for the arguments that are dearest; ``make bench`` shows what a whole allowance takes in time. What
depends on values within values is paid for where it is done, by a ``PaidRun`` or ``context.spend``.
"""

from __future__ import annotations

from typing import NamedTuple


class Cost(NamedTuple):
    """``call``: of any call; ``argument`` and ``result``: of a character or item of theirs."""

    call: int = 50
    argument: int = 0
    result: int = 1


COSTS = {
    # cases
    "upper": Cost(argument=4),
    "lower": Cost(argument=4),
    "title": Cost(argument=16),
    "untitle": Cost(argument=16),
    "swapcase": Cost(argument=16),
    "camelcase": Cost(argument=16),
    "snakecase": Cost(argument=16),
    "kebabcase": Cost(argument=16),
    # dates: a layout and a text have 200 characters, a duration as many as it likes
    "date": Cost(call=500),
    "dateInZone": Cost(call=500),
    "htmlDate": Cost(call=300),
    "htmlDateInZone": Cost(call=300),
    "dateModify": Cost(call=150, argument=10),
    "mustDateModify": Cost(call=150, argument=10),
    "must_date_modify": Cost(call=150, argument=10),
    "durationRound": Cost(call=150, argument=10),
    "toDate": Cost(call=600),
    "mustToDate": Cost(call=600),
    # dicts
    "dict": Cost(result=16),
    "set": Cost(argument=8),
    "unset": Cost(argument=8),
    "keys": Cost(argument=8),
    "values": Cost(argument=8),
    "omit": Cost(argument=8),
    "merge": Cost(argument=8),
    "mergeOverwrite": Cost(argument=8),
    # encoding
    "b64dec": Cost(argument=4),
    "b32dec": Cost(argument=4),
    # lists
    "append": Cost(argument=1),
    "prepend": Cost(argument=1),
    "rest": Cost(argument=1),
    "initial": Cost(argument=1),
    "reverse": Cost(argument=1),
    "compact": Cost(argument=16),
    "concat": Cost(argument=1),
    "chunk": Cost(argument=24),
    "without": Cost(argument=8),
    "uniq": Cost(argument=8),
    # numbers
    "seq": Cost(result=2),
    "divf": Cost(call=200),
    "mulf": Cost(call=150),
    # regexes
    "regexQuoteMeta": Cost(argument=6),
    # semvers
    "semver": Cost(call=150),
    "semverCompare": Cost(call=800, argument=12),
    # strings
    "nospace": Cost(argument=8),
    "initials": Cost(argument=8),
    "join": Cost(result=4),
    "split": Cost(result=8),
    "splitn": Cost(result=8),
    "wrap": Cost(argument=8),
    "wrapWith": Cost(argument=8),
    "shuffle": Cost(argument=40),
    # urls
    "urlParse": Cost(argument=24),
    "urlJoin": Cost(result=24),
}


def cost_of(name: str) -> Cost:
    """The costs of a function by its first name in sprig."""
    return COSTS.get(name, Cost())
