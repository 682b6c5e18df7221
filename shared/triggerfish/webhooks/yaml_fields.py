"""One YAML mapping of a Secret, each value as it is written; what is wrong is told without any of it."""

from __future__ import annotations

import yaml

Field = str | list[str] | dict[str, str]
"""A text, a list of texts, or a mapping of texts."""

_null = "tag:yaml.org,2002:null"
# libyaml's parser where there is one: a Secret at its bound takes it a tenth of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WrongFields(Exception):  # noqa: N818  it is a state of the Secret
    """The text is not what it should be; the message quotes no value."""


def fields_of(text: bytes, *, expected: str, nested: frozenset[str] = frozenset()) -> dict[str, Field | None]:
    """The mapping, ``0123`` and ``yes`` as the texts that they are; ``WrongFields`` when it is none.

    ``expected`` says in words what the mapping is of. Fields in ``nested`` may be mappings; any other field
    that is one is None.
    """
    try:
        # Composed, never constructed: YAML's own ideas of numbers and dates would change a secret.
        node = yaml.compose(text.decode("utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        # The parser's message quotes the text, and the text is a secret.
        raise WrongFields("it is not YAML") from None
    if not isinstance(node, yaml.MappingNode):
        raise WrongFields(f"its YAML is not a mapping of {expected}")
    fields: dict[str, Field | None] = {}
    for key, value in node.value:
        name = _scalar(key)
        if name in fields:
            raise WrongFields("a field occurs twice")
        fields[name] = _field(value, name in nested)
    return fields


def _field(value: yaml.Node, nested: bool) -> Field | None:  # noqa: FBT001  an inner step
    if isinstance(value, yaml.SequenceNode):
        return [_scalar(item) for item in value.value]
    if isinstance(value, yaml.ScalarNode):
        return _scalar(value)
    if not nested or not isinstance(value, yaml.MappingNode):
        return None
    found = {_scalar(key): _scalar(item) for key, item in value.value}
    if len(found) < len(value.value):
        raise WrongFields("a field occurs twice")
    return found


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise WrongFields("its YAML is nested where a text is expected")
    return "" if node.tag == _null else str(node.value)
