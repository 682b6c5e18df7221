"""What other projects' own types say of manifests: small programs that Go builds once (tests/real/go)."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.real.golang import Unavailable, cache_folder, go, is_there, stamp


def judge(project: str, environment: Mapping[str, str]) -> Path:
    """The program of tests/real/go/``project``, built first when need be. Raises ``Unavailable``."""
    folder = cache_folder(environment) / f"{project}-{stamp(project)}"
    program = folder / project
    if not program.is_file():
        if not is_there(environment):
            raise Unavailable(f"The types of {project} need Go, or what it built before.")
        print(f"Building {program} (once) …", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        half = folder / f".{project}.half"
        go(project, "build", "-o", str(half), ".", folder=folder, environment=environment)
        half.replace(program)
    return program


def verdicts(project: str, objects: list[dict]) -> list[str]:
    """A line for each object: ``apiVersion kind name: good``, or what is wrong with it."""
    try:
        program = judge(project, os.environ)
    except Unavailable as error:
        if is_there(os.environ):
            raise
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
