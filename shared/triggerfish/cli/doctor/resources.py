"""The kinds that only the doctor reads."""

from __future__ import annotations

from triggerfish.kube.resources import Resource

CRON_JOBS = Resource("batch", "v1", "cronjobs", "CronJob")
DEFINITIONS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False
)
