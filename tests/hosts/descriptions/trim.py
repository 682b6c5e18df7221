"""``python -m tests.hosts.descriptions.trim FILE VERSION``: write github.json from npm's @octokit/openapi.

FILE is ``generated/api.github.com.json`` of that package (MIT). Kept are the operations that are asked here:
their parameters, the schema of their body, and the schema and an example of their answer.
"""

import json
import sys
from pathlib import Path

TARGET = Path(__file__).with_name("github.json")
OPERATIONS = [
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/statuses"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/files"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/compare/{basehead}"),
    ("get", "/repos/{owner}/{repo}/collaborators/{username}/permission"),
    ("get", "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries"),
    ("post", "/repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts"),
    ("get", "/repos/{owner}/{repo}/hooks"),
    ("post", "/repos/{owner}/{repo}/hooks"),
    ("patch", "/repos/{owner}/{repo}/hooks/{hook_id}"),
    ("post", "/repos/{owner}/{repo}/hooks/{hook_id}/pings"),
    ("post", "/app/installations/{installation_id}/access_tokens"),
    ("get", "/repos/{owner}/{repo}/installation"),
]
# Prose, and what JSON Schema does not know.
_prose = {"description", "title", "externalDocs", "deprecated", "x-github", "format", "example", "examples"}
_numbers = ("minimum", "maximum")


def trimmed(described: dict, version: str) -> dict:
    """The description without what is not asked here."""
    paths: dict = {}
    for method, path in OPERATIONS:
        operation = resolved(described, described["paths"][path][method])
        success = next(code for code in sorted(operation["responses"]) if code.startswith("2"))
        answer = operation["responses"][success].get("content", {}).get("application/json", {})
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        examples = answer.get("examples", {"": {"value": answer.get("example")}})
        paths.setdefault(path, {})[method] = {
            "parameters": [
                {name: each[name] for name in ("name", "in", "required") if name in each}
                | {"schema": schema(described, each["schema"])}
                for each in operation.get("parameters", [])
            ],
            "body": schema(described, body["schema"]) if body else None,
            "status": int(success),
            "answer": schema(described, answer["schema"]) if answer else None,
            "example": resolved(described, next(iter(examples.values()))).get("value"),
        }
    return {"source": f"npm @octokit/openapi {version} (MIT): GitHub's OpenAPI description", "paths": paths}


def resolved(described: dict, value):
    """With what references stand for, at the levels above the schemas."""
    if isinstance(value, list):
        return [resolved(described, each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value and "/schemas/" not in value["$ref"]:
        return resolved(described, at(described, value["$ref"]))
    return {name: each if name == "schema" else resolved(described, each) for name, each in value.items()}


def at(described: dict, reference: str):
    """What a reference stands for."""
    found = described
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def schema(described: dict, value):
    """JSON Schema for OpenAPI's: no references, null where it may be."""
    if isinstance(value, list):
        return [schema(described, each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return schema(described, at(described, value["$ref"]))
    properties = value.get("properties")
    kept = {
        name: schema(described, each)
        for name, each in value.items()
        if name not in _prose | {"nullable", "properties"}
    }
    if properties is not None:
        kept["properties"] = {name: schema(described, each) for name, each in properties.items()}
    if value.get("nullable"):
        if isinstance(kept.get("type"), str):
            kept["type"] = [kept["type"], "null"]
            if "enum" in kept:
                kept["enum"] = [*kept["enum"], None]
        else:
            return {"anyOf": [kept, {"type": "null"}]}
    return kept


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    TARGET.write_text(
        json.dumps(trimmed(given, sys.argv[2]), sort_keys=True, separators=(",", ":")) + "\n", "utf-8"
    )
