"""Where the runs of one event are reported, and a Workflow that carries that."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from triggerfish import annotations as keys
from triggerfish.hosts.api.credentials import Credential
from triggerfish.hosts.api.values import Ids
from triggerfish.hosts.reports.intent import Intent
from triggerfish.hosts.reports.progress import Stage
from triggerfish.hosts.reports.trust import seal_key
from triggerfish.workflows.objects import Json


@dataclass(frozen=True, slots=True)
class ReportTarget:
    """A commit, and the credential with which it is told; the rest is as in ``Intent``."""

    credential: Credential
    repository: str
    sha: str
    ids: Ids = field(default_factory=dict)
    installation: int | None = None

    def marked(self, workflow: Json, namespace: str, context: str, received: datetime) -> tuple[Json, Intent]:
        """``workflow``, whose name is set, with its report: annotation, label and finalizer; and the report.

        It is going to be created in ``namespace``. The finalizer keeps it until its end is reported, however
        short it lives.
        """
        intent = self.intent(context, received)
        metadata = workflow["metadata"]
        sealed = intent.sealed(namespace, metadata["name"], seal_key(self.credential))
        reported = {
            **metadata,
            "labels": {**metadata["labels"], keys.REPORT: Stage.PENDING.value},
            "annotations": {**metadata["annotations"], keys.REPORT: sealed},
            "finalizers": [*(metadata.get("finalizers") or ()), keys.REPORT],
        }
        return {**workflow, "metadata": reported}, intent

    def intent(self, context: str, received: datetime) -> Intent:
        """The report of a run under that name."""
        return Intent(
            self.credential.type,
            self.credential.name,
            self.repository,
            self.sha,
            context,
            received.astimezone(UTC).timestamp(),
            self.ids,
            self.installation,
        )
