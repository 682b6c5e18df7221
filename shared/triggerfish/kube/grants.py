"""The command that grants the right whose lack the API server names."""

from __future__ import annotations

import re
import shlex

# As RBAC words it: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go, ForbiddenMessage.
_forbidden = re.compile(
    r'(?:"(?P<name>[^"\s]+)" )?is forbidden: User "(?P<user>[^"\s]+)" cannot (?P<verb>[a-z]+) '
    r'resource "(?P<resource>[a-z0-9./-]+)" in API group "(?P<group>[a-z0-9.-]*)" '
    r'(?:in the namespace "(?P<namespace>[a-z0-9-]+)"|at the cluster scope)'
)
_account = re.compile(r"system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)")
# Of these, only the name bounds the right: without it, it would be one to read anything, or to be anybody.
_by_name = ("serviceaccounts/token", "serviceaccounts", "secrets", "configmaps")


def granting(message: str) -> str:
    """Return what an administrator types so that the refused request is allowed; empty for another message.

    ``message`` is the API server's, perhaps with more around it. Two ``kubectl create``, joined by ``&&``.
    """
    found = _forbidden.search(message)
    if found is None:
        return ""
    verb, user = found["verb"], found["user"]
    resource, _, part = found["resource"].partition("/")
    kind = f"{resource}.{found['group']}" if found["group"] else resource
    kind += f"/{part}" if part else ""
    scope = ["-n", found["namespace"]] if found["namespace"] else []
    role, binding = ("role", "rolebinding") if scope else ("clusterrole", "clusterrolebinding")
    account = _account.fullmatch(user)
    name = f"{account[2] if account else 'user'}-{verb}-{found['resource'].replace('/', '-')}"
    named = found["name"] if found["resource"] in _by_name and verb != "list" and found["name"] else ""
    subject = f"--serviceaccount={account[1]}:{account[2]}" if account else f"--user={user}"
    rule = [f"--verb={verb}", f"--resource={kind}", *([f"--resource-name={named}"] if named else [])]
    return " && ".join(
        shlex.join(command)
        for command in (
            ["kubectl", "create", role, name, *scope, *rule],
            ["kubectl", "create", binding, name, *scope, f"--{role}={name}", subject],
        )
    )
