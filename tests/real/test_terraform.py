"""infra/terraform as OpenTofu sees it: formatted, and valid for the schemas of its providers.

The providers are huge, and no Go module has their current versions. In their place stands
tests/real/go/provider, which has the schemas of tests/infra/provider_schemas.json: names, types and what is
required, but nothing that a provider checks beyond its schema.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.infra.provider_schemas import FILE
from tests.real import tools

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
SCHEMAS = json.loads(FILE.read_text())
ROOTS = ("terraform", "terraform/example")


class Tofu:
    """OpenTofu in a copy of infra/, with the stand-in as its providers; ``said`` is what it printed last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "infra"
        for name in ("terraform", "kubernetes"):
            shutil.copytree(INFRA / name, self.folder / name)
        self.settings = folder / "tofu.rc"
        self.settings.write_text("")
        mirror = folder / "mirror"
        platform = json.loads(self.run("version", "-json", "-no-color"))["platform"]
        for provider in ("google", "kubernetes"):
            version = SCHEMAS[provider]
            place = mirror / "registry.opentofu.org" / "hashicorp" / provider / version / platform
            place.mkdir(parents=True)
            shutil.copy2(tools.PROVIDER.path(), place / f"terraform-provider-{provider}_v{version}")
        self.settings.write_text(
            f"disable_checkpoint = true\nprovider_installation {{\n"
            f'  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """What ``tofu ARGUMENTS`` prints; it must end with that exit code."""
        environment = {"TF_CLI_CONFIG_FILE": str(self.settings), "PROVIDER_SCHEMAS": str(FILE)}
        done = subprocess.run(
            [tools.TOFU.path(), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def verdict(self, root: str, code: int = 0) -> list[str]:
        """What is wrong with a root: summary and detail of each error and each warning."""
        place = f"-chdir={self.folder / root}"
        self.run(place, "init", "-backend=false", "-input=false", "-no-color")
        found = json.loads(self.run(place, "validate", "-json", code=code))
        return [f"{each['summary']}: {each['detail']}" for each in found["diagnostics"]]


@pytest.fixture
def tofu(tmp_path: Path) -> Tofu:
    return Tofu(tmp_path)


def test_every_file_is_formatted_as_tofu_does_it() -> None:
    program = tools.TOFU.path()
    command = [program, "fmt", "-check", "-diff", "-recursive", str(INFRA / "terraform")]
    done = subprocess.run(
        command, env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_that_is_not_formatted_is_seen(tofu: Tofu) -> None:
    path = tofu.folder / "terraform" / "example" / "main.tf"
    path.write_text(
        path.read_text().replace("  project = local.project\n", "  project =   local.project\n", 1)
    )
    said = tofu.run("fmt", "-check", "-recursive", str(tofu.folder / "terraform"), code=3)
    assert said.strip().endswith("infra/terraform/example/main.tf")
    assert len(said.split()) == 1


@pytest.mark.parametrize("root", ROOTS)
def test_the_module_and_its_example_are_valid(tofu: Tofu, root: str) -> None:
    assert tofu.verdict(root) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        pytest.param(
            "scheduler.tf", "attempt_deadline ", "attempt_deadlin ", "Unsupported argument", id="argument"
        ),
        pytest.param(
            "outputs.tf", "service_config[0].uri", "service_config[0].url", 'named "url"', id="attribute"
        ),
        pytest.param("scheduler.tf", "var.shards", "var.shard", "undeclared input variable", id="variable"),
        pytest.param(
            "scheduler.tf",
            'time_zone        = "Etc/UTC"',
            "time_zone        = [1]",
            "string required",
            id="type",
        ),
        pytest.param("cluster.tf", "yamldecode(", "yamldecoded(", "Call to unknown function", id="function"),
        pytest.param(
            "example/main.tf",
            '  namespaces = ["argo"]\n',
            "  namespace = 1\n",
            "namespace",
            id="of the module",
        ),
    ],
)
def test_what_is_wrong_is_seen(tofu: Tofu, file: str, before: str, after: str, words: str) -> None:
    path = tofu.folder / "terraform" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    root = "terraform/example" if file.startswith("example/") else "terraform"
    assert any(words in each for each in tofu.verdict(root, code=1))
