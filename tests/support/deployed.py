"""A function's own identity, with exactly the rights that infra/kubernetes/rbac.yaml ships."""

import time
from collections.abc import Iterable
from pathlib import Path

import yaml

RBAC = Path(__file__).parents[2] / "infra" / "kubernetes" / "rbac.yaml"
GROUP = "rbac.authorization.k8s.io"
HOME = "triggerfish"
_patience = 10.0


def roles() -> dict[str, list[dict]]:
    """The rules of each role that is shipped, by its name."""
    return {role["metadata"]["name"]: role["rules"] for role in yaml.safe_load_all(RBAC.read_text())}


def kubeconfig(cluster, role, folder: Path, *, account: str = "", more: Iterable[str] = ()) -> Path:
    """A kubeconfig of the service account ``role``, bound to the role of that name in all namespaces.

    ``account`` is the name of another one, which has the roles in ``more`` too.
    """
    account = account or role
    exists = cluster.request("GET", f"/api/v1/namespaces/{HOME}")[0] == 200
    if not exists:
        _made(cluster, "/api/v1/namespaces", {"metadata": {"name": HOME}})
    path = f"/api/v1/namespaces/{HOME}/serviceaccounts/{account}"
    if cluster.request("GET", path)[0] == 404:
        _made(cluster, f"/api/v1/namespaces/{HOME}/serviceaccounts", {"metadata": {"name": account}})
        for each in (role, *more):
            bound(cluster, each, account)
    token = _made(cluster, f"{path}/token", {"spec": {"expirationSeconds": 7200}})["status"]["token"]
    target = folder / f"{account}.kubeconfig"
    found = yaml.safe_load(cluster.kubeconfig.read_text())
    found["users"][0]["user"] = {"token": token}
    target.write_text(yaml.safe_dump(found))
    return target


def bound(cluster, role, account) -> None:
    """Give a function's service account one of the shipped roles in all namespaces, unless it has it."""
    path = f"/apis/{GROUP}/v1/clusterrolebindings"
    name = role if role.startswith(account) or account.startswith("triggerfish") else f"{role}-{account}"
    if cluster.request("GET", f"{path}/{name}")[0] == 404:
        rules = cluster_role(cluster, role)
        subject = {"kind": "ServiceAccount", "name": account, "namespace": HOME}
        reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}
        body = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
        _made(cluster, path, body)
        until_allowed(cluster, f"system:serviceaccount:{HOME}:{account}", "default", rules[-1])


def cluster_role(cluster, role) -> list[dict]:
    """Make the shipped role there, unless it is there already; its rules."""
    rules = roles()[role]
    path = f"/apis/{GROUP}/v1/clusterroles"
    if cluster.request("GET", f"{path}/{role}")[0] == 404:
        _made(cluster, path, {"metadata": {"name": role}, "rules": rules})
    return rules


def until_allowed(cluster, user, namespace, rule) -> None:
    """Until the authorizer has heard of a binding: a real one learns of it a moment later."""
    resource, _, subresource = rule["resources"][0].partition("/")
    asked = {
        "namespace": namespace,
        "verb": rule["verbs"][0],
        "group": rule["apiGroups"][0],
        "resource": resource,
        "subresource": subresource,
        "name": (rule.get("resourceNames") or [""])[0],
    }
    body = {"spec": {"user": user, "resourceAttributes": asked}}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    deadline = time.monotonic() + _patience
    while not cluster.request("POST", path, body)[1]["status"]["allowed"]:
        assert time.monotonic() < deadline, f"{user} is not allowed {rule}"
        time.sleep(0.02)  # the server has no way to say that it has heard


def _made(cluster, path, body):
    status, answer = cluster.request("POST", path, body)
    assert status == 201, answer
    return answer
