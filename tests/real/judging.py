"""What other projects' own types say of manifests: small programs that Go builds once (tests/real/go)."""

import os
import subprocess

import pytest
import yaml
from tests.real.binaries import Unavailable, judge


def verdicts(project: str, objects: list[dict]) -> list[str]:
    """A line for each object: ``apiVersion kind name: good``, or what is wrong with it."""
    try:
        program = judge(project, os.environ)
    except Unavailable as error:
        pytest.skip(str(error))
    text = yaml.safe_dump_all(objects)
    done = subprocess.run([str(program)], input=text, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert len(lines) == len(objects), done.stderr
    assert done.returncode == (0 if all(line.endswith(": good") for line in lines) else 1)
    return lines


def praise(objects: list[dict]) -> list[str]:
    """The verdicts when nothing is wrong."""
    return [f"{item['apiVersion']} {item['kind']} {item['metadata']['name']}: good" for item in objects]
