"""`triggerfish dev` in a process of its own, as a person starts it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120


class Session:
    """A session that runs, its lines as they come. They are read at once: a full pipe would stop it."""

    def __init__(
        self,
        state: Path,
        base: int,
        *options: str,
        folder: Path = ROOT,
        command: tuple[str, ...] = (sys.executable, "-m", "triggerfish.cli", "dev"),
        path: str = os.pathsep.join(str(ROOT / part) for part in ("shared", "infra/laptop")),
        **environment: str,
    ) -> None:
        words = [*command, *options, "--state", str(state), "--port-base", str(base)]
        self.process = subprocess.Popen(
            words,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.text = ""
        self._said = threading.Condition()
        self._looked = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._said:
                self.text += line
                self._said.notify_all()
        with self._said:
            self._said.notify_all()

    def until(self, pattern: str) -> str:
        """The output up to the first line that matches, of those after the last that did."""
        with self._said:
            self._said.wait_for(lambda: self._match(pattern) or not self._reader.is_alive(), PATIENCE)
            found = self._match(pattern)
            if found is None:
                raise AssertionError(f"no line matches {pattern!r} in:\n{self.text}")
            end = self.text.find("\n", self._looked + found.end())
            self._looked = len(self.text) if end < 0 else end + 1
            return self.text[: self._looked]

    def _match(self, pattern: str) -> re.Match | None:
        return re.search(pattern, self.text[self._looked :], re.MULTILINE)

    def ended(self) -> int:
        """Its exit code, once all it said is read."""
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def close(self) -> None:
        """Whatever state it is in, it is gone afterwards, and what it started with it."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.ended()
        if self.process.stdout is not None:
            self.process.stdout.close()


def free_base() -> int:
    """A base whose three ports are free now; each process begins to look elsewhere, or two would meet."""
    # Below those that the system gives to connections.
    bases = range(20000, 32700, 100)
    first = os.getpid() % len(bases)
    for base in (*bases[first:], *bases[:first]):
        with contextlib.ExitStack() as stack:
            try:
                for offset in (1, 80, 81):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", base + offset))
            except OSError:
                continue
            return base
    raise AssertionError("no three free ports")
