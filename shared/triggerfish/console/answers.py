"""Answers of the console: JSON that nobody keeps, under the page's policy."""

from __future__ import annotations

import json

import orjson

from triggerfish.console.policy import POLICY
from triggerfish.http.messages import Answer
from triggerfish.workflows.objects import Json

_private = {**POLICY, "cache-control": "no-store"}


def data(body: Json) -> Answer:
    """The object as an answer."""
    try:
        content = orjson.dumps(body)
    except TypeError:
        # What anybody wrote into an annotation may hold half a surrogate pair, or a number of any length.
        content = json.dumps(body).encode()
    return Answer(200, content, _private)
