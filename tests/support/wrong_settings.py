"""Environments that are wrong, and the sentence that the function says of each before it ends."""

from dataclasses import dataclass
from pathlib import Path

import yaml

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: me}}]
clusters: [{name: here, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: me, user: {token: hush-token}}]
"""


@dataclass(frozen=True)
class Wrong:
    """``function`` with ``environment``, beside a good cluster, says these sentences."""

    name: str
    function: str
    environment: dict[str, str | None]
    says: tuple[str, ...]

    def sentences(self, folder: Path) -> list[str]:
        return [sentence.format(folder=folder) for sentence in self.says]

    def given(self, folder: Path) -> dict[str, str]:
        """Its environment, with the files that it names in ``folder``."""
        merged = {**good(folder), **self.environment}
        return {name: value.format(folder=folder) for name, value in merged.items() if value is not None}


def good(folder: Path) -> dict[str, str]:
    """An environment without a fault."""
    (folder / "kubeconfig").write_text(KUBECONFIG)
    (folder / "no.yaml").write_text("{")
    (folder / "token.yaml").write_text(KUBECONFIG.replace("token: hush-token", "tokenFile: /nowhere/token"))
    return {"KUBECONFIG": str(folder / "kubeconfig")}


TABLE = [Wrong(**row) for row in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())["rows"]]
