"""Where a page's commands are typed: a folder that looks like the clone, a shell, and sessions."""

import contextlib
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.transcripts.pages import ROOT
from tests.support.session import PATIENCE, Session, free_base

_MARK = "--8<-- exit code"


class Ended(AssertionError):  # noqa: N818  what it says is the outcome
    """The shell ended, or was ended because a command hung."""


@dataclass
class Place:
    """``run`` types a command; ``base`` is where the ports of the session begin."""

    folder: Path
    shell: subprocess.Popen
    base: int = 8000
    session: Session | None = None

    def run(self, command: str) -> tuple[int, tuple[str, ...]]:
        """The exit code, and the lines of both outputs; a session goes on in the background."""
        words = shlex.split(command.replace("\\\n", " "), comments=True)
        if words[0].endswith("triggerfish") and _stays(words[1:]):
            return 0, self._lines(self._session(words[2:]))
        for usual in (80, 81):
            command = command.replace(f"127.0.0.1:80{usual}", f"127.0.0.1:{self.base + usual}")
        return self._typed(command)

    def _typed(self, typed: str) -> tuple[int, tuple[str, ...]]:
        assert self.shell.stdin is not None
        self.shell.stdin.write(f"{{ {typed}\n}} </dev/null\nprintf '\\n{_MARK} %s\\n' $?\n")
        self.shell.stdin.flush()
        text, code = self._answer()
        return code, self._lines(text)

    def _session(self, options: list[str]) -> str:
        self.close()
        self.base = free_base()
        self._typed(f"export TRIGGERFISH_SERVER=http://127.0.0.1:{self.base + 80}")
        self.session = Session(self.folder / ".local", self.base, *options, folder=self.folder)
        return self.session.until(r"^tick ")

    def close(self) -> None:
        """End the session, as Ctrl-C does: the ports are free for another."""
        if self.session is not None:
            self.session.stop()
            self.session.close()

    def _answer(self) -> tuple[str, int]:
        assert self.shell.stdout is not None
        # A command that hangs must end as a failure, not as a hanging test.
        timer = threading.Timer(2 * PATIENCE, self.shell.kill)
        timer.start()
        text = ""
        try:
            for line in self.shell.stdout:
                if line.startswith(_MARK):
                    return text.removesuffix("\n"), int(line.removeprefix(_MARK))
                text += line
        finally:
            timer.cancel()
        raise Ended(text)

    def _lines(self, text: str) -> tuple[str, ...]:
        for own, usual in ((self.base + 1, 8001), (self.base + 80, 8080), (self.base + 81, 8081)):
            text = text.replace(f"127.0.0.1:{own}", f"127.0.0.1:{usual}")
        text = text.replace(f"{self.folder}/home", "~").replace(f"{self.folder}/", "")
        return tuple(line.rstrip() for line in text.strip("\n").splitlines())


def _stays(words: list[str]) -> bool:
    """It is the session itself, no command about it."""
    return (
        words[:1] == ["dev"] and all(word.startswith("--") for word in words[1:2]) and "--help" not in words
    )


@contextlib.contextmanager
def opened(folder: Path, kubeconfig: str = ".local/kubeconfig", *tools: Path) -> Iterator[Place]:
    """A place in that empty folder; its shell finds what is in the folders of tools too."""
    folder = folder.resolve()
    for each in ROOT.iterdir():
        if each.name not in (".local", ".venv", ".git"):
            (folder / each.name).symlink_to(each)
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "home").mkdir()
    environment = {
        "PATH": os.pathsep.join(
            (str(Path(sys.executable).parent), *map(str, tools), os.environ.get("PATH", os.defpath))
        ),
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "shared", "infra/laptop")),
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",
        "LOGNAME": "ada",
        "KUBECONFIG": kubeconfig,
        # Tables as on a terminal of that width, without colours.
        "TTY_COMPATIBLE": "1",
        "TERM": "dumb",
        "COLUMNS": "200",
    }
    with subprocess.Popen(
        ["bash", "--norc"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as shell:
        place = Place(folder, shell)
        try:
            yield place
        finally:
            place.close()
            shell.kill()
