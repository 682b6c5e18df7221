"""Where the programs that judge manifests come from."""

from pathlib import Path

import pytest
from tests.real.golang import MODULES, Unavailable
from tests.real.judging import judge


@pytest.mark.parametrize("project", ["knative", "prometheus"])
def test_without_go_a_judge_says_what_it_needs(tmp_path: Path, project: str) -> None:
    assert (MODULES / project / "main.go").is_file()
    with pytest.raises(Unavailable, match=f"types of {project} need Go"):
        judge(project, {"HOME": str(tmp_path), "PATH": ""})
