"""YAML as Kubernetes' own tools read it: what looks like a date is text, as it is in JSON."""

from __future__ import annotations

import yaml


class Loader(yaml.SafeLoader):
    """A ``SafeLoader`` that makes nothing but what JSON has."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
