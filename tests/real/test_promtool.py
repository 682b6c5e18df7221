"""Where Prometheus' own tool for testing rules comes from."""

from pathlib import Path

import pytest
from tests.real.golang import MODULES, Unavailable
from tests.real.promtool import VERSION, find


def test_without_go_it_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="promtool needs Go"):
        find({"HOME": str(tmp_path), "PATH": ""})


def test_the_module_has_the_version_that_the_cache_is_named_after() -> None:
    assert f"github.com/prometheus/prometheus {VERSION}" in (MODULES / "promtool" / "go.mod").read_text()
