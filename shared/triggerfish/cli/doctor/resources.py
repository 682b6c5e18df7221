"""The kinds that only the doctor reads."""

from __future__ import annotations

from triggerfish.kube.resources import Resource

DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
CRON_JOBS = Resource("batch", "v1", "cronjobs", "CronJob")
DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "Role")
_authorization = "authorization.k8s.io"
ACCESS_REVIEWS = Resource(
    _authorization, "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False
)
OWN_ACCESS_REVIEWS = Resource(
    _authorization, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
