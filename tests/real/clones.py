"""Working copies of repositories on the tests' Gitea, driven by the git command line."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.real.gitea import Gitea, Person


@dataclass(frozen=True)
class Clone:
    """A working copy of ``repository`` in ``folder``; ``person`` commits and pushes."""

    server: Gitea
    person: Person
    repository: str
    folder: Path

    @classmethod
    def of(cls, server: Gitea, person: Person, repository: str, folder: Path) -> "Clone":
        """A new one."""
        made = cls(server, person, repository, folder / f"{person.name}-{repository.replace('/', '-')}")
        made.folder.mkdir()
        made.git("clone", "--quiet", made.url(repository), ".")
        return made

    def url(self, repository: str) -> str:
        """The address of a repository, with this person's token."""
        server = self.server.url.replace("https://", f"https://{self.person.name}:{self.person.token}@")
        return f"{server}/{repository}.git"

    def git(self, *arguments: str) -> str:
        """What git prints; it must end well. Nobody's own settings of git count here."""
        name, email = self.person.name, f"{self.person.name}@example.com"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_SSL_CAINFO": str(self.server.ca),
            "GIT_TERMINAL_PROMPT": "0",
            **{
                f"GIT_{role}_{what}": value
                for role in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", name), ("EMAIL", email))
            },
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Write files (``docs__a`` is docs/a) and commit all that has changed; the commit."""
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")
        return self.git("rev-parse", "HEAD")

    def push(self, *arguments: str) -> None:
        """``git push origin ARGUMENTS``."""
        self.git("push", "--quiet", "origin", *arguments)
