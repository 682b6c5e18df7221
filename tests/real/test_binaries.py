"""Where the real API server's programs come from, and what is said when they come from nowhere."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.real.binaries import NAMES, cache_folder, find
from tests.real.golang import Unavailable

ROOT = Path(__file__).parents[2]


def filled(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_a_folder_that_is_given_wins(tmp_path: Path) -> None:
    given = filled(tmp_path / "assets", *NAMES[:2])
    filled(cache_folder({"HOME": str(tmp_path)}), *NAMES)
    found = find({"KUBEBUILDER_ASSETS": str(given), "HOME": str(tmp_path)})
    assert (found.apiserver, found.controller_manager) == (given / "kube-apiserver", None)


def test_a_folder_that_lacks_one_is_named(tmp_path: Path) -> None:
    given = filled(tmp_path, "etcd")
    with pytest.raises(Unavailable, match="kube-apiserver is not in it"):
        find({"KUBEBUILDER_ASSETS": str(given)})


def test_what_was_built_is_used_again_without_go(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PATH": ""}
    folder = filled(cache_folder(environment), *NAMES)
    assert find(environment).controller_manager == folder / "kube-controller-manager"


def test_without_either_the_message_says_both_ways_and_the_exit_code_is_3(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.real"],
        cwd=ROOT,
        env={"XDG_CACHE_HOME": str(tmp_path), "PATH": "", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "KUBEBUILDER_ASSETS" in done.stderr
    assert "Go 1.24" in done.stderr
