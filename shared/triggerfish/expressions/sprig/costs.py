"""What sprig's functions cost, in units of ``callables.COST_LIMIT`` (about 50 ns), one table for all.

Measured, for the arguments that are dearest; ``make bench`` shows what a whole allowance takes in time. What
depends on values within values is paid for where it is done, by a ``PaidRun`` or ``context.spend``.
"""

from __future__ import annotations

from typing import NamedTuple


class Cost(NamedTuple):
    """``call``: of any call; ``each``: of a character or item of the arguments; ``made``: of the result's."""

    call: int = 50
    each: int = 0
    made: int = 1


COSTS = {
    # cases
    "upper": Cost(each=4),
    "lower": Cost(each=4),
    "title": Cost(each=16),
    "untitle": Cost(each=16),
    "swapcase": Cost(each=16),
    "camelcase": Cost(each=16),
    "snakecase": Cost(each=16),
    "kebabcase": Cost(each=16),
    # dates: a layout and a text have 200 characters, a duration as many as it likes
    "date": Cost(call=500),
    "dateInZone": Cost(call=500),
    "htmlDate": Cost(call=300),
    "htmlDateInZone": Cost(call=300),
    "dateModify": Cost(call=150, each=10),
    "mustDateModify": Cost(call=150, each=10),
    "must_date_modify": Cost(call=150, each=10),
    "durationRound": Cost(call=150, each=10),
    "toDate": Cost(call=600),
    "mustToDate": Cost(call=600),
    # dicts
    "dict": Cost(made=16),
    "set": Cost(each=8),
    "unset": Cost(each=8),
    "keys": Cost(each=8),
    "values": Cost(each=8),
    "omit": Cost(each=8),
    "merge": Cost(each=8),
    "mergeOverwrite": Cost(each=8),
    # encoding
    "b64dec": Cost(each=4),
    "b32dec": Cost(each=4),
    # lists
    "append": Cost(each=1),
    "prepend": Cost(each=1),
    "rest": Cost(each=1),
    "initial": Cost(each=1),
    "reverse": Cost(each=1),
    "compact": Cost(each=16),
    "concat": Cost(each=1),
    "chunk": Cost(each=24),
    "without": Cost(each=8),
    "uniq": Cost(each=8),
    # numbers
    "seq": Cost(made=2),
    "divf": Cost(call=200),
    "mulf": Cost(call=150),
    # regexes
    "regexQuoteMeta": Cost(each=6),
    # semvers
    "semver": Cost(call=150),
    "semverCompare": Cost(call=800, each=12),
    # strings
    "nospace": Cost(each=8),
    "initials": Cost(each=8),
    "join": Cost(made=4),
    "split": Cost(made=8),
    "splitn": Cost(made=8),
    "wrap": Cost(each=8),
    "wrapWith": Cost(each=8),
    "shuffle": Cost(each=40),
    # urls
    "urlParse": Cost(each=24),
    "urlJoin": Cost(made=24),
}


def cost_of(name: str) -> Cost:
    """The costs of a function by its first name in sprig."""
    return COSTS.get(name, Cost())
