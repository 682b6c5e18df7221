"""OpenTofu on a copy of infra/terraform, with a stand-in for its providers.

The providers are huge, and no Go module has their current versions. In their place stands
tests/real/go/provider, which has the schemas of tests/infra/provider_schemas.json: names, types and what is
required, but nothing that a provider checks beyond its schema.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.infra.provider_schemas import FILE
from tests.real import tools

INFRA = Path(__file__).parents[2] / "infra"
SCHEMAS = json.loads(FILE.read_text())
# What the data sources of the module and its example have.
DATA = {
    "google_project": {"number": "7"},
    "google_client_config": {"access_token": "of-me"},
    "google_container_cluster": {
        "endpoint": "10.0.0.1",
        "master_auth": [{"cluster_ca_certificate": "UEVN"}],
        "control_plane_endpoints_config": [{"dns_endpoint_config": [{"endpoint": "argo.gke.goog"}]}],
    },
}
# The variables that have no default, and archives that are there.
VARIABLES = {
    "project": "p",
    "region": "europe-west3",
    "cluster": {"name": "argo", "location": "europe-west3"},
}


class Tofu:
    """OpenTofu in a copy of infra/, with the stand-in as its providers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "infra"
        for name in ("terraform", "kubernetes"):
            shutil.copytree(INFRA / name, self.folder / name)
        self.settings = folder / "tofu.rc"
        self.settings.write_text("")
        self.data = folder / "data.json"
        self.data.write_text(json.dumps(DATA))
        self.archives = {name: str(folder / f"{name}.zip") for name in ("cron", "events")}
        for archive in self.archives.values():
            Path(archive).write_bytes(b"PK")
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
        environment = {
            "TF_CLI_CONFIG_FILE": str(self.settings),
            "PROVIDER_SCHEMAS": str(FILE),
            "PROVIDER_DATA": str(self.data),
        }
        done = subprocess.run(
            [tools.TOFU.path(), *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    def verdict(self, root: str, code: int = 0) -> list[str]:
        """What is wrong with a root: summary and detail of each error and each warning."""
        found = json.loads(self.run(self.ready(root), "validate", "-json", code=code))
        return [f"{each['summary']}: {each['detail']}" for each in found["diagnostics"]]

    def ready(self, root: str) -> str:
        """The argument that makes tofu work in that root, which is initialized."""
        place = f"-chdir={self.folder / root}"
        self.run(place, "init", "-backend=false", "-input=false", "-no-color")
        return place

    def planned(self, variables: Mapping[str, object]) -> dict[str, dict[str, Any]]:
        """What a first ``tofu apply`` of the module would create, by its address."""
        self.plan(variables)
        shown = json.loads(self.run(f"-chdir={self.folder / 'terraform'}", "show", "-json", "plan"))
        return {
            each["address"]: each["values"] for each in shown["planned_values"]["root_module"]["resources"]
        }

    def plan(self, variables: Mapping[str, object], code: int = 0) -> str:
        """What ``tofu plan`` of the module says."""
        given = {**VARIABLES, "packages": self.archives, **variables}
        (self.folder / "terraform" / "given.auto.tfvars.json").write_text(json.dumps(given))
        place = self.ready("terraform")
        said = self.run(place, "plan", "-input=false", "-no-color", "-out=plan", code=code)
        # It breaks lines, and begins those of an error with a bar.
        return " ".join(said.replace("│", " ").split())
