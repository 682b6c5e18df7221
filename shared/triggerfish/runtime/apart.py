"""Work on what a stranger wrote, in a process of its own: its limits end it, and nothing else.

The process has no credential in its environment, writes no file, and lives for one piece of work. It sets its
limits before it imports anything that reads the input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

# Run by the new process. Limits that a sandbox does not know are left to the deadline.
_PROGRAM = """
import os, resource, sys
def limit(what, most):
    try:
        resource.setrlimit(what, (most, most))
    except (ValueError, OSError):
        pass
memory, seconds = int(sys.argv[1]), int(sys.argv[2])
limit(resource.RLIMIT_CORE, 0)
limit(resource.RLIMIT_FSIZE, 0)
limit(resource.RLIMIT_CPU, seconds)
limit(resource.RLIMIT_AS, memory)
os.nice(5)
sys.dont_write_bytecode = True
sys.path[:] = sys.argv[4:]
import importlib
try:
    module = importlib.import_module(sys.argv[3])
except Exception:
    os._exit(71)
try:
    sys.stdout.buffer.write(module.answer(sys.stdin.buffer.read()))
    sys.stdout.buffer.flush()
except MemoryError:
    os._exit(70)
os._exit(0)
"""


_no_module = 71
# So many of them at once; made when the first is needed.
_threads = ThreadPoolExecutor(2, thread_name_prefix="apart")


class LimitExceeded(Exception):  # noqa: N818  it says which bound was met
    """The work was ended by its limits; the message names them."""


class Unable(Exception):  # noqa: N818  not the input's fault
    """No process can be started here."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Processes that run ``module.answer(bytes) -> bytes``.

    Two at most run at once. Each has ``memory`` bytes of address space, ``seconds`` of processor time, and
    is killed after ``patience`` seconds.
    """

    module: str
    memory: int
    seconds: int
    patience: float

    async def ask(self, question: bytes) -> bytes:
        """Return what the module answers. ``LimitExceeded``, or ``Unable``."""
        return await asyncio.get_running_loop().run_in_executor(_threads, self._ask, question)

    def _ask(self, question: bytes) -> bytes:
        given = (str(self.memory), str(self.seconds), self.module)
        command = [sys.executable, "-I", "-S", "-c", _PROGRAM, *given, *(path for path in sys.path if path)]
        try:
            done = subprocess.run(  # noqa: S603  our own program; the input goes through its pipe
                command,
                input=question,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=self.patience,
                env={"LC_ALL": "C.UTF-8"},
                close_fds=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._exceeded() from None
        except OSError as error:
            raise Unable(f"no process can be started: {error.strerror}") from None
        if done.returncode == 0:
            return done.stdout
        if done.returncode == _no_module:
            raise Unable(f"{self.module} cannot be imported there")
        raise self._exceeded()

    def _exceeded(self) -> LimitExceeded:
        return LimitExceeded(f"more than {self.seconds} s of processor time, or {self.memory >> 20} MiB")
