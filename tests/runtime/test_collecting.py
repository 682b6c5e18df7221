"""The collector of cycles: rarely at work while a function starts, and never on what a start made."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc
from triggerfish.runtime import collecting
collecting.start()
started = gc.get_threshold()
collecting.{then}()
print(started[0] > 100_000, gc.get_threshold(), gc.get_freeze_count() > 1000, gc.isenabled())
"""


@pytest.mark.parametrize(("then", "threshold"), [("serve", (20_000, 20, 50)), ("usual", (700, 10, 10))])
def test_a_start_is_not_searched(then, threshold):
    code = PROGRAM.format(then=then)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == f"True {threshold} True True"


@pytest.mark.parametrize("function", ["cron", "events"])
def test_a_function_s_file_says_so_before_it_imports_anything_else(function):
    code = (
        "import gc, sys, importlib.util\n"
        "class Watch:\n"
        "    seen = []\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        self.seen.append((name, gc.get_threshold()[0]))\n"
        "watch = Watch()\n"
        f"spec = importlib.util.spec_from_file_location('main', 'functions/{function}/main.py')\n"
        "sys.meta_path.insert(0, watch)\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
        "print([name for name, at in watch.seen if at < 100_000 and name[0] != '_'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str(
        ["triggerfish", "triggerfish.runtime", "triggerfish.runtime.collecting"]
    )
