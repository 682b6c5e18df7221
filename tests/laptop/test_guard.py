"""The guard: whoever held its pipe is gone, and so is what that had started."""

import os
import signal
import subprocess
import sys

import pytest

from triggerfish_laptop.dev import guard

PATIENCE = 30
SLEEPER = "import signal, time; {how}; print('up', flush=True); time.sleep(600)"
SESSION = """
import os, subprocess, sys
from triggerfish_laptop.dev.guard import Guard
kept = Guard()
for code in sys.argv[1:]:
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    child.stdout.readline()
    kept.watch(child.pid)
    print(child.pid, flush=True)
sys.stdin.read()
"""


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie that nobody has waited for is gone too.
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize(
    "how", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"], ids=["obedient", "deaf to SIGTERM"]
)
def test_a_killed_session_takes_its_children_along(how, monkeypatch):
    path = os.pathsep.join(sys.path)
    session = subprocess.Popen(
        [sys.executable, "-c", SESSION, SLEEPER.format(how=how)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    child = int(session.stdout.readline())
    assert not gone(child)
    watching = int(subprocess.check_output(["pgrep", "-P", str(session.pid), "-f", "guard.py"]))
    session.kill()
    session.communicate(timeout=PATIENCE)
    # The guard has done its work once it is gone itself.
    subprocess.run(["tail", f"--pid={watching}", "-f", "/dev/null"], timeout=PATIENCE, check=True)
    assert gone(child)


def test_what_has_ended_is_left_alone():
    bystander = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    with guard.Guard() as kept:
        kept.watch(bystander.pid)
        kept.forget(bystander.pid)
    assert bystander.poll() is None
    bystander.communicate(b"\n")
    assert bystander.returncode == 0


def test_a_guard_that_was_killed_stops_nobody():
    with guard.Guard() as kept:
        kept._process.send_signal(signal.SIGKILL)
        kept._process.wait()
        kept.watch(12345)
        kept.forget(12345)
