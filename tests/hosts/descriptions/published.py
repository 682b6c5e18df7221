"""``python -m tests.hosts.descriptions.published FOLDER…``: write published.json from what hosts publish.

In this order:

- npm's bitbucket and npm's azure-devops-node-api (both MIT), generated from what the host publishes of its
  API;
- npm's @atlassian-dc-mcp/bitbucket (MIT), which has a client generated from Atlassian's description of
  Bitbucket Data Center, and that description itself (JSON), as many of its types are empty in the client;
- GitLab's own client-go (Apache-2.0), and GitLab's ``doc/api/openapi/openapi_v3.yaml`` (CC BY-SA 4.0).

Of the two descriptions an excerpt with the operations and types that are asked for is enough: they are large,
and what is here was made of such excerpts. Kept are names, words and bounds: no sentence, and no code.
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
SCHEMAS = ("RestBuildStatus", "RestWebhook", "RestApplicationUser", "RestPullRequest", "RestPath")
STRUCTS = (
    *("CommitStatus", "MergeRequestDiff", "MergeRequest", "Compare", "Diff", "ProjectMember", "ProjectHook"),
    "Project",
)
VALUES = ("BuildStateValue", "AccessLevelValue")
BOUNDS = ("enum", "minimum", "maximum", "maxLength")


def asked(host: str) -> dict:
    """The operations of our own description: methods by path."""
    return yaml.safe_load((HERE / f"{host}.yaml").read_text("utf-8"))["paths"]


def bitbucket(folder: Path) -> dict:
    """Operations with their parameters, and fields with their values where these are listed."""
    code = (folder / "lib" / "index.js").read_text("utf-8")
    ours = asked("bitbucket")
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


def data_center(folder: Path, description: dict) -> dict:
    """Operations with their parameters, each with what is said of it, and the fields of types."""
    client = folder / "src" / "bitbucket-client"
    ours = asked("bitbucketserver")
    operations, pages = {}, set()
    for service in sorted((client / "services").glob("*.ts")):
        for function in service.read_text("utf-8").split("public static ")[1:]:
            found = re.search(r"method: '(\w+)',\s+url: '/api/latest([^']+)',(.*?)\);", function, re.DOTALL)
            if found and found[1].lower() in ours.get(found[2], ()):
                signature, _, answer = function[: found.start()].partition("CancelablePromise<")
                operations[f"{found[1]} {found[2]}"] = _taken(signature, found[3])
                # Where an answer is no type with a name, it is a page of a list.
                pages |= set(re.findall(r"^ +(\w+)\?:", answer, re.MULTILINE))
    sent = (client / "models" / "RestBuildStatusSetRequest.ts").read_text("utf-8")
    types = {name: _properties(description["components"]["schemas"][name]) for name in SCHEMAS}
    types["RestBuildStatusSetRequest"] = _sent(sent, "RestBuildStatusSetRequest")
    return {"operations": operations, "types": types, "page": sorted(pages)}


def _taken(signature: str, request: str) -> dict:
    """The parameters of a function of the client: in a query those without ``?`` are required."""
    found = {}
    for place, names in re.findall(r"\b(path|query): \{(.*?)\}", request, re.DOTALL):
        for name, variable in re.findall(r"'([^']+)': (\w+)", names):
            needed = place == "query" and re.search(rf"\b{variable}: ", signature)
            found[name] = {"required": True} if needed else {}
    return found


def _sent(types: str, name: str) -> dict:
    """The fields of a type of the client, with its enumerations' words, and whether they are required."""
    found = {
        field: {"required": True} if re.search(rf"^ {{4}}{field}:", types, re.MULTILINE) else {}
        for field in _fields(types, name)
    }
    for field, words in re.findall(r"export enum (\w+) \{(.*?)\}", types, re.DOTALL):
        found[field]["enum"] = re.findall(r"= '([^']+)'", words)
    return found


def gitlab(folder: Path, description: dict) -> dict:
    """Operations with their parameters and bodies, and the fields and words of the client's types."""
    operations, bodies = {}, {}
    for path, methods in asked("gitlab").items():
        for method in methods:
            published = description["paths"][f"/api/v4{path}"][method]
            name = f"{method.upper()} {path}"
            operations[name] = {
                each["name"]: _said(each["schema"], needed=each["in"] == "query" and each["required"])
                for each in published.get("parameters", [])
            }
            if "requestBody" in published:
                schema = next(iter(published["requestBody"]["content"].values()))["schema"]
                bodies[name] = _properties(_resolved(schema, description))
    code = "\n".join(
        each.read_text("utf-8") for each in sorted(folder.glob("*.go")) if "_test" not in each.name
    )
    headers = re.findall(
        r'(?:= |Header\.Get\()"(X-[\w-]+|Ratelimit-\w+|Link)"', (folder / "gitlab.go").read_text("utf-8")
    )
    return {
        "operations": operations,
        "bodies": bodies,
        "headers": sorted(headers),
        "types": {name: _struct(code, name) for name in STRUCTS},
        "values": {name: _values(code, name) for name in VALUES} | {"states of jobs": _states(description)},
    }


def _values(code: str, name: str) -> list[str]:
    """The constants of a type of Go."""
    return re.findall(rf'^\s+\w+ +{name} += "?([^"\n]+?)"?$', code, re.MULTILINE)


def _states(description: dict) -> list[str]:
    """What a job may be asked for by: the client knows fewer states."""
    path = "/api/v4/projects/{id}/pipelines/{pipeline_id}/jobs"
    parameters = {each["name"]: each["schema"] for each in description["paths"][path]["get"]["parameters"]}
    return parameters["scope"]["oneOf"][0]["enum"]


def _struct(code: str, name: str) -> list[str]:
    """The fields of a struct of Go in JSON, with those of the structs in it."""
    body = re.search(rf"^type {name} struct \{{\n(.*?)^\}}", code, re.MULTILINE | re.DOTALL)[1]
    within = [field for each in re.findall(r"^\t(\w+)$", body, re.MULTILINE) for field in _struct(code, each)]
    return sorted({*within, *re.findall(r'json:"(\w+)', body)})


def _resolved(schema: dict, description: dict) -> dict:
    """The schema that a reference stands for."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return description["components"]["schemas"][name] if name else schema


def _properties(schema: dict) -> dict:
    """The fields of a schema, each with what is said of it."""
    needed = schema.get("required", [])
    return {name: _said(each, needed=name in needed) for name, each in schema["properties"].items()}


def _said(schema: dict, *, needed: bool) -> dict:
    """Words and bounds, and whether it must be there."""
    found = {name: schema[name] for name in BOUNDS if name in schema}
    return found | {"required": True} if needed else found


def _fields(types: str, name: str) -> dict:
    """The fields of a type, each with the words that it takes, if they are listed."""
    begin = re.search(rf"^( *)export (?:type|interface) {name}\b[^{{]*\{{\n", types, re.MULTILINE)
    body = types[begin.end() : types.index(f"\n{begin[1]}}}", begin.end())]
    indent = len(re.match(" *", body)[0])
    found = re.findall(
        rf"^ {{{indent}}}(\w+)\??:((?:(?!^ {{{indent}}}\w).)*)", body, re.MULTILINE | re.DOTALL
    )
    return {field: re.findall(r"'([^']+)'", kind) for field, kind in found}


def _package(folder: Path) -> str:
    """What a package of npm calls itself."""
    said = json.loads((folder / "package.json").read_text("utf-8"))
    licence = said.get("license") or (folder / "LICENSE").read_text("utf-8").partition(" License")[0]
    return f"npm {said['name']} {said['version']} ({licence})"


def main() -> None:
    cloud, devops, server, server_api, client, client_api = map(Path, sys.argv[1:])
    # JSON is YAML, but its own reader is a hundred times as fast.
    described = json.loads(server_api.read_text("utf-8")), yaml.safe_load(client_api.read_text("utf-8"))
    versions = [f"{each['info']['title']} {each['info']['version']} (OpenAPI)" for each in described]
    found = {
        "from": [*map(_package, (cloud, devops, server)), f"{client.name} (Apache-2.0)", *versions],
        "bitbucket": bitbucket(cloud),
        "azuredevops": azure(devops),
        "bitbucketserver": data_center(server, described[0]),
        "gitlab": gitlab(client, described[1]),
    }
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
