"""``python -m tests.hosts.descriptions.published BITBUCKET AZURE``: write published.json from hosts' clients.

BITBUCKET is the folder of npm's bitbucket, AZURE that of npm's azure-devops-node-api (both MIT). Both are
generated from what the host publishes of its API. Kept are the operations that are asked here, and the fields
of what is sent.
"""

import json
import re
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
TARGET = HERE / "published.json"
BODIES = ("Commitstatus", "WebhookSubscription")
INTERFACES = ("GitStatus", "GitStatusContext", "GitCommitDiffs", "GitPullRequestIterationChanges")


def bitbucket(folder: Path) -> dict:
    """Operations with their parameters, and fields with their values where these are listed."""
    code = (folder / "lib" / "index.js").read_text("utf-8")
    ours = yaml.safe_load((HERE / "bitbucket.yaml").read_text("utf-8"))["paths"]
    operations = {}
    params = r"params:\{((?:[^{}]|\{[^{}]*\})*)\}"
    found = re.finditer(r'\{method:"([A-Z]+)",' + params + r',(?:returns:"\w+",)?url:"([^"]+)"', code)
    for method, params, path in (each.groups() for each in found):
        if method.lower() in ours.get(path, ()):
            operations[f"{method} {path}"] = sorted(re.findall(r"(\w+):\{", params))
    types = (folder / "lib" / "bitbucket.d.ts").read_text("utf-8")
    return {"operations": operations, "types": {name: _fields(types, name) for name in BODIES}}


def azure(folder: Path) -> dict:
    """Fields of the types of Git, and the states of a status."""
    types = (folder / "interfaces" / "GitInterfaces.d.ts").read_text("utf-8")
    states = re.search(r"enum GitStatusState \{(.*?)\n\}", types, re.DOTALL)[1]
    names = [name[0].lower() + name[1:] for name in re.findall(r"^ {4}(\w+) =", states, re.MULTILINE)]
    return {"types": {name: _fields(types, name) for name in INTERFACES}, "states": names}


def _fields(types: str, name: str) -> dict:
    """The fields of a type, each with the words that it takes, if they are listed."""
    begin = re.search(rf"^( *)export (?:type|interface) {name}\b[^{{]*\{{\n", types, re.MULTILINE)
    body = types[begin.end() : types.index(f"\n{begin[1]}}}", begin.end())]
    indent = len(re.match(" *", body)[0])
    found = re.findall(
        rf"^ {{{indent}}}(\w+)\??:((?:(?!^ {{{indent}}}\w).)*)", body, re.MULTILINE | re.DOTALL
    )
    return {field: re.findall(r"'([^']+)'", kind) for field, kind in found}


def main() -> None:
    folders = [Path(each) for each in sys.argv[1:3]]
    versions = [json.loads((each / "package.json").read_text("utf-8")) for each in folders]
    found = {
        "from": [f"npm {each['name']} {each['version']} (MIT)" for each in versions],
        "bitbucket": bitbucket(folders[0]),
        "azuredevops": azure(folders[1]),
    }
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
