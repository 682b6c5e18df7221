"""Programs that the tests call, each built by Go once, and cached.

crane is a registry's client, actionlint checks workflows, Vault keeps secrets, and tofu is OpenTofu;
tests/real/go/provider stands in for its providers.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.real.golang import Unavailable, cache_folder, go, is_there, stamp


@dataclass(frozen=True)
class Tool:
    """A program, the module in tests/real/go/ that pins it, and its package: by default the module's own."""

    name: str
    version: str = ""
    package: str = "."
    building: str = "half a minute"

    def find(self, environment: Mapping[str, str]) -> Path:
        """The program, built first when need be. Raises ``Unavailable``."""
        program = cache_folder(environment) / f"{self.name}-{self.version or stamp(self.name)}" / self.name
        if program.is_file():
            return program
        if not is_there(environment):
            raise Unavailable(
                f"{self.name} needs Go, which builds it once ({self.building}), or what it built before."
            )
        print(f"Building {program} (once) …", file=sys.stderr, flush=True)
        program.parent.mkdir(parents=True, exist_ok=True)
        half = program.with_name(f".{self.name}.half")
        arguments = ("build", "-ldflags", "-s -w", "-o", str(half), self.package)
        go(self.name, *arguments, folder=program.parent, environment=environment)
        half.replace(program)
        return program

    def path(self) -> str:
        """The program; a test without Go is skipped and says so."""
        try:
            return str(self.find(os.environ))
        except Unavailable as error:
            if is_there(os.environ):
                raise
            pytest.skip(str(error))

    def says(self, *arguments: str) -> str:
        """What ``TOOL ARGUMENTS`` prints; it must end well."""
        done = subprocess.run([self.path(), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


CRANE = Tool("crane", "v0.22.1", "github.com/google/go-containerregistry/cmd/crane")
ACTIONLINT = Tool("actionlint", "v1.7.12", "github.com/rhysd/actionlint/cmd/actionlint")
VAULT = Tool("vault", building="about 5 minutes")
TOFU = Tool("tofu", "v1.12.6", "github.com/opentofu/opentofu/cmd/tofu", "about 5 minutes")
PROVIDER = Tool("provider")
TOOLS = (CRANE, ACTIONLINT, VAULT, TOFU, PROVIDER)
