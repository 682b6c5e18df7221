"""The wheel in an empty virtual environment, from an empty folder: nothing of a checkout is near."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.session import ROOT, Session, free_base

pytestmark = pytest.mark.real
UV = str(Path(sys.executable).parent / "uv")
CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: hello}
spec:
  schedules: ["* * * * *"]
  workflowSpec: {entrypoint: main, templates: [{name: main, container: {image: busybox}}]}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.whl")
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "empty"
    path.mkdir()
    return path


def installed(wheel: Path, folder: Path, extra: str = "") -> Path:
    """An environment with the wheel and what it asks for, as the registry has it today; its bin."""
    environment = folder.parent / "environment"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    python = str(environment / "bin" / "python")
    wanted = f"triggerfish{extra} @ {wheel.as_uri()}"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, wanted], check=True)
    return environment / "bin"


def clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "KUBECONFIG")}


def said(folder: Path, *command: str, code: int = 0, text: str = "") -> str:
    done = subprocess.run(
        command, cwd=folder, env=clean(), input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_command_line_alone(wheel, folder):
    bin_ = installed(wheel, folder)
    triggerfish = str(bin_ / "triggerfish")
    assert re.fullmatch(r"triggerfish \d+\.\d+\.\d+\n", said(folder, triggerfish, "--version"))
    (folder / "cron.yaml").write_text(CRON)
    said(folder, triggerfish, "lint", "cron.yaml")
    assert "no slot" in said(folder, triggerfish, "next", "0 0 31 2 *")
    (folder / "wrong.yaml").write_text(CRON.replace("* * * * *", "61 * * * *"))
    assert "61" in said(folder, triggerfish, "lint", "wrong.yaml", code=1)
    assert "Usage: kubectl triggerfish" in said(folder, str(bin_ / "kubectl-triggerfish"), "--help")
    assert "pip install 'triggerfish[laptop]'" in said(folder, triggerfish, "dev", code=1)


def test_a_session_from_an_empty_folder(wheel, folder):
    bin_ = installed(wheel, folder, "[laptop]")
    session = Session(
        folder / ".local", free_base(), folder=folder, command=(str(bin_ / "triggerfish"), "dev"), path=""
    )
    try:
        session.until(r"^delivery github push \S+ to default created my-wf-tmple-\w+")
        session.until(r"^tick +\d\d:\d\d evaluated 1")
        assert session.stop() == 0
    finally:
        session.close()
    assert str(ROOT) not in session.text.replace(str(sys.prefix), "")
    assert "Traceback" not in session.text
