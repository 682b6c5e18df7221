"""promtool, Prometheus' own tool for testing rules: built by Go once into the cache folder."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.real.golang import Unavailable, cache_folder, go, is_there

VERSION = "v0.311.3"
_alert = re.compile(r'\{__name__="ALERTS", ([^}]*)\}')
_label = re.compile(r'(\w+)="([^"]*)"')


def find(environment: Mapping[str, str]) -> Path:
    """The program, built first when need be. Raises ``Unavailable``."""
    program = cache_folder(environment) / f"promtool-{VERSION}" / "promtool"
    if program.is_file():
        return program
    if not is_there(environment):
        raise Unavailable(
            "promtool needs Go, which builds it once (about 2 minutes), or what it built before."
        )
    print(f"Building {program} (once) …", file=sys.stderr, flush=True)
    program.parent.mkdir(parents=True, exist_ok=True)
    half = program.with_name(".promtool.half")
    # Without what finds targets to scrape: that is most of Prometheus, and nothing of its rules.
    package = "github.com/prometheus/prometheus/cmd/promtool"
    arguments = ("build", "-tags", "remove_all_sd", "-ldflags", "-s -w", "-o", str(half), package)
    go("promtool", *arguments, folder=program.parent, environment=environment)
    half.replace(program)
    return program


def firing(folder: Path, rules: dict, series: Mapping[str, str], *, minutes: int) -> list[dict[str, str]]:
    """Let Prometheus evaluate the rules every minute over those series, which have a value a minute.

    ``series`` are in the notation of its rule tests (``'metric{label="x"}': "0+60x30"``), from the time 0 on.
    Return the labels of each alert that fires after ``minutes``, its name among them (``alertname``).
    """
    try:
        program = find(os.environ)
    except Unavailable as error:
        if is_there(os.environ):
            raise
        pytest.skip(str(error))
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
    # What is expected is left out, so that the difference lists all that there is.
    check = {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{minutes}m", "exp_samples": []}
    given = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": "1m", "input_series": given, "promql_expr_test": [check]}
    whole = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "test.yaml").write_text(yaml.safe_dump(whole))
    command = [str(program), "test", "rules", "test.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    found = [dict(_label.findall(labels)) for labels in _alert.findall(said)]
    assert found or done.returncode == 0, said
    return found
