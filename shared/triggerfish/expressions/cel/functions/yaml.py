"""YAML that is JSON by another name: an alias could make a small text a large value, a date is a text."""

from __future__ import annotations

from typing import Any

import yaml

from triggerfish.errors import ExpressionError
from triggerfish.expressions.go.json import read, to_json
from triggerfish.expressions.go.yaml import Loader
from triggerfish.expressions.limits import Failure
from triggerfish.expressions.run import ExpressionRun


class _Loader(Loader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        """A node; an alias is refused."""
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def load(text: str) -> Any:
    """The document. Raises ``Failure`` for a text that is none, or is more than JSON can say."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader
        return read(ExpressionRun(None, b""), to_json(document))
    except (yaml.YAMLError, ValueError, TypeError, Failure, ExpressionError, RecursionError) as error:
        reason = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise Failure(f"this text is not YAML: {reason}") from None
