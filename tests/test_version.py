"""The package says its own version: a deployed folder has no metadata to ask."""

import tomllib
from pathlib import Path

import triggerfish


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert triggerfish.__version__ == project["version"]
