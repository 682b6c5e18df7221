"""Commands as people call them, and objects of the embedded cluster for them to work on."""

import pytest
from typer.testing import CliRunner

from triggerfish.cli.main import app
from triggerfish.errors import TriggerfishError

_argo = "/apis/argoproj.io/v1alpha1"
_core = "/api/v1"


def call(*arguments: str, code: int = 0) -> str:
    """What a command prints; it must end with that exit code."""
    done = CliRunner().invoke(app, list(arguments))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def failure(*arguments: str) -> str:
    """The sentence of a command that fails, which `main` prints before it exits with 1."""
    with pytest.raises(TriggerfishError) as caught:
        call(*arguments)
    return str(caught.value)


def path(namespace: str, plural: str, name: str = "") -> str:
    """Of a collection, or of one object."""
    root = _core if plural in ("configmaps", "events", "secrets") else _argo
    return f"{root}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


def make(embedded, namespace: str, plural: str, body: dict) -> dict:
    """The object as it was made."""
    status, made = embedded.request(
        "POST", path(namespace, plural), {"apiVersion": "argoproj.io/v1alpha1", **body}
    )
    assert status == 201, made
    return made


def merge(embedded, namespace: str, plural: str, name: str, patch: dict) -> dict:
    """The object after a merge patch."""
    kind = "application/merge-patch+json"
    status, made = embedded.request("PATCH", path(namespace, plural, name), patch, content_type=kind)
    assert status == 200, made
    return made


def read(embedded, namespace: str, plural: str, name: str = "") -> dict:
    """The object, or the list."""
    status, found = embedded.request("GET", path(namespace, plural, name))
    assert status == 200, found
    return found
