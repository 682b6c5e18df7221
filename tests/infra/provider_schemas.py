"""Writes provider_schemas.json: what the Terraform providers take, for the blocks that infra/terraform uses.

HashiCorp has published Python bindings that are generated from each provider's own schema. Their types are
read here, so that the providers, which are huge, are not needed. After a change of the resources used:

    pip download --no-deps --dest FOLDER cdktf-cdktf-provider-google cdktf-cdktf-provider-kubernetes
    python -m tests.infra.provider_schemas FOLDER/*.whl
"""

import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from tests.infra.test_terraform import FOLDER, labelled, parsed

FILE = Path(__file__).with_suffix(".json")
FILES_OF_EXAMPLE = sorted((FOLDER / "example").glob("*.tf"))
# What Terraform itself adds to each resource.
META = {
    "connection",
    "count",
    "dependsOn",
    "forEach",
    "id",
    "lifecycle",
    "provider",
    "provisioners",
    "timeouts",
}


class Types:
    """The types of one provider's bindings, by name."""

    def __init__(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as files:
            (archive,) = [name for name in files.namelist() if name.endswith(".jsii.tgz")]
            with tarfile.open(fileobj=io.BytesIO(files.read(archive))) as inner:
                assembly = json.load(inner.extractfile("package/.jsii"))
        self.package, self.types = assembly["name"], assembly["types"]
        self.provider = self.package.removeprefix("@cdktf/provider-")
        (self.version,) = set(re.findall(rf"hashicorp/{self.provider}/([\d.]+)/docs", json.dumps(self.types)))

    def schema(self, kind: str, *, data: bool) -> dict[str, Any]:
        """Arguments and computed attributes of a resource, or of a data source."""
        words = kind.removeprefix(f"{self.provider}_").split("_")
        pascal = "".join(word.capitalize() for word in ["data", self.provider] * data + words)
        name = f"{self.package}.{pascal[0].lower()}{pascal[1:]}.{pascal}"
        return {"arguments": self.arguments(f"{name}Config"), "attributes": self.attributes(name)}

    def attributes(self, name: str) -> dict[str, Any]:
        """What can be read of it, each with its type where that is known."""
        found = {
            snake(each["name"]): plain(each["type"])
            for each in self.types.get(name, {}).get("properties", ())
            if not each["name"].endswith("Input") and each["name"] != "internalValue"
        }
        return dict(sorted(found.items()))

    def arguments(self, name: str) -> dict[str, Any]:
        """By name: whether it is required, its type where that is known, and of a block what is in it.

        ``many``: the block may stand there several times.
        """
        found = {}
        for each in self.types[name].get("properties", ()):
            if each["name"] in META:
                continue
            # The documentation's anchor has the name as the provider writes it.
            anchor = re.search(r"#(\w+) \w+#\1\}", json.dumps(each["docs"]))
            argument: dict[str, Any] = {"required": not each.get("optional", False)}
            if inner := self._struct(each["type"]):
                argument["block"] = self.arguments(inner)
                argument["attributes"] = self.attributes(f"{inner}OutputReference")
                argument["many"] = '"collection"' in json.dumps(each["type"])
            elif kind := plain(each["type"]):
                argument["type"] = kind
            found[anchor[1] if anchor else snake(each["name"])] = argument
        return dict(sorted(found.items()))

    def _struct(self, kind: Any) -> str | None:
        names = re.findall(r'"fqn": "([^"]+)"', json.dumps(kind))
        return next((name for name in names if name.startswith(self.package)), None)


def plain(kind: Any) -> Any:
    """A type of the bindings as Terraform writes it in JSON: ``["list", "string"]``; None: any."""
    if "union" in kind:
        # A value, or one that is known later.
        kinds = [each for each in kind["union"]["types"] if each != {"fqn": "cdktf.IResolvable"}]
        return plain(kinds[0]) if len(kinds) == 1 else None
    if "collection" in kind:
        inner = plain(kind["collection"]["elementtype"])
        return inner and [{"array": "list"}.get(kind["collection"]["kind"], "map"), inner]
    return {"string": "string", "number": "number", "boolean": "bool"}.get(kind.get("primitive", ""))


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def main(wheels: list[str]) -> None:
    every = [Types(Path(wheel)) for wheel in wheels]
    everything = [parsed(), parsed(FILES_OF_EXAMPLE)]
    found: dict[str, Any] = {types.provider: types.version for types in every}
    for section, data in (("resource", False), ("data", True)):
        names = [name for each in everything for name in labelled(each.get(section, []))]
        for kind in sorted({name.partition(".")[0] for name in names}):
            (types,) = [each for each in every if kind.startswith(f"{each.provider}_")]
            found[f"{section} {kind}"] = types.schema(kind, data=data)
    # A line for each, so that a difference can be read.
    lines = (f"{json.dumps(name)}: {json.dumps(schema)}" for name, schema in found.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
