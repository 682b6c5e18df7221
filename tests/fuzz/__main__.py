"""`make fuzz`: each target for some seconds, guided by coverage; what breaks one is kept in build/fuzz.

A process of its own for each, as libFuzzer ends the one it runs in.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

BUILD = Path("build/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", help="this one only, in this process")
    arguments = parser.parse_args()
    if arguments.target:
        fuzz(arguments.target, arguments.seconds)
        return 0
    from tests.fuzz.targets import TARGETS

    failed = [name for name in TARGETS if not _well(name, arguments.seconds)]
    print(
        f"{len(TARGETS)} targets, {arguments.seconds} s each: "
        + (f"FAILED {failed}" if failed else "none broke")
    )
    return 1 if failed else 0


def _well(name: str, seconds: int) -> bool:
    command = [sys.executable, "-m", "tests.fuzz", "--target", name, "--seconds", str(seconds)]
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"{name}.log"
    with path.open("w") as log:
        code = subprocess.run(command, check=False, stdout=log, stderr=subprocess.STDOUT).returncode
    text = path.read_text("utf-8", "replace")
    runs = re.search(r"number_of_executed_units: (\d+)", text)
    print(
        f"{name:<14} {int(runs[1]) if runs else 0:>9,} runs  {'ok' if code == 0 else f'BROKE, see {path}'}",
        flush=True,
    )
    return code == 0


def fuzz(name: str, seconds: int) -> None:
    """Does not return: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["triggerfish", "yaml", "urllib"]):
        from tests.fuzz.targets import TARGETS

    target = TARGETS[name]
    corpus = BUILD / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={BUILD}/{name}-broken-",
        "-max_len=8192",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
