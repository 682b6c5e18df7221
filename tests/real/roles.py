"""infra/kubernetes/rbac.yaml, bound to a test's own service account, whole or with one right less."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.contract.clusters import ServedCluster

from triggerfish.kube.resources import SERVICE_ACCOUNTS, Resource
from triggerfish.workflows.objects import Json

RBAC = Path(__file__).parents[2] / "infra" / "kubernetes" / "rbac.yaml"
CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS = Resource(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)


@dataclass(frozen=True, order=True)
class Right:
    """One verb on one resource: the smallest thing that can be granted."""

    verb: str
    group: str
    resource: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f" {','.join(self.names)}" if self.names else "")

    def rule(self) -> Json:
        rule = {"apiGroups": [self.group], "resources": [self.resource], "verbs": [self.verb]}
        return rule | ({"resourceNames": list(self.names)} if self.names else {})


def shipped() -> dict[str, list[Right]]:
    """The rights of each role in rbac.yaml, by its name."""
    return {
        role["metadata"]["name"]: [
            Right(verb, group, resource, tuple(rule.get("resourceNames", ())))
            for rule in role["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        ]
        for role in yaml.safe_load_all(RBAC.read_text())
    }


async def account(
    cluster: ServedCluster, namespace: str, name: str, *roles: str, without: Right | None = None
) -> str:
    """A service account, bound to the roles in all namespaces, but for that one right; its token."""
    await cluster.admin.create(SERVICE_ACCOUNTS, namespace, {"metadata": {"name": name}})
    for role in roles:
        rights = [right for right in shipped()[role] if right != without]
        own = f"{role}-{namespace}"
        body = {"metadata": {"name": own}, "rules": [right.rule() for right in rights]}
        await cluster.admin.create(CLUSTER_ROLES, None, body)
        reference = {"apiGroup": CLUSTER_ROLES.group, "kind": "ClusterRole", "name": own}
        subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
        binding = {"metadata": {"name": own}, "roleRef": reference, "subjects": [subject]}
        await cluster.admin.create(CLUSTER_ROLE_BINDINGS, None, binding)
        if rights:
            await cluster.until_bound(namespace, name, rights[-1].rule())
    answer = await cluster.admin.request_token(namespace, name, seconds=3600)
    return str(answer["status"]["token"])
