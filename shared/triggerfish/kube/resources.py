"""The resource types Triggerfish reads and writes, and their paths."""

from __future__ import annotations

from dataclasses import dataclass

from triggerfish.errors import ApiError
from triggerfish.workflows.objects import is_name, is_namespace


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource type: ``group`` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As manifests write it: ``argoproj.io/v1alpha1``, or ``v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The URL path of the collection, or of one object; without a namespace, of all namespaces.

        ``ApiError`` 404 when one of them cannot be a name: it must not become part of a URL.
        """
        if namespace is not None and not is_namespace(namespace):
            raise ApiError(404, "NotFound", f"there is no namespace {namespace[:63]!r}")
        if name is not None and not is_name(name):
            raise ApiError(404, "NotFound", f"{self.plural} {name[:253]!r} not found")
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if namespace is not None and self.namespaced:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part is not None]
        return "/".join(parts)


def _argo(plural: str, kind: str, *, namespaced: bool = True) -> Resource:
    return Resource("argoproj.io", "v1alpha1", plural, kind, namespaced)


WORKFLOWS = _argo("workflows", "Workflow")
WORKFLOW_TEMPLATES = _argo("workflowtemplates", "WorkflowTemplate")
CLUSTER_WORKFLOW_TEMPLATES = _argo("clusterworkflowtemplates", "ClusterWorkflowTemplate", namespaced=False)
CRON_WORKFLOWS = _argo("cronworkflows", "CronWorkflow")
WORKFLOW_EVENT_BINDINGS = _argo("workfloweventbindings", "WorkflowEventBinding")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
EVENTS = Resource("", "v1", "events", "Event")
SECRETS = Resource("", "v1", "secrets", "Secret")
TOKEN_REVIEWS = Resource("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced=False)
SELF_SUBJECT_ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
