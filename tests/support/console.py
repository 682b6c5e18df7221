"""The console's API, and a namespace to look at."""

import json
from pathlib import Path
from urllib.parse import urlencode

import yaml
from tests.support.events import ARGO, Place

from triggerfish.hosts.reports.intent import Intent

READER = Path(__file__).parents[2] / "infra" / "kubernetes" / "console-reader.yaml"
ROLES = {role["metadata"]["name"]: role["rules"] for role in yaml.safe_load_all(READER.read_text())}
READ = ROLES["triggerfish-console-reader"]


class Desk(Place):
    """A place, and the console's API as whoever holds its token."""

    def get(self, path, *, token=None, **query):
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        asked = urlencode(query, doseq=True)
        return self.function.send("GET", f"/console/api/{path}?{asked}", headers=headers)

    def read(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status == 200, answer.body
        return answer.json

    def evaluate(self, *, token=None, **fields):
        body = {"namespace": self.namespace, "payload": "{}", "selector": "true"} | fields
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.function.send("POST", "/console/api/evaluate", body, headers)

    def evaluated(self, **fields):
        answer = self.evaluate(**fields)
        assert answer.status == 200, answer.body
        return answer.json

    def cron(self, name="hourly", schedule="0 * * * *", *, annotations=None, **spec):
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "metadata": {"name": name, "annotations": annotations or {}},
            "spec": {
                "schedules": [schedule],
                "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
            }
            | spec,
        }
        return self.put("cronworkflows", body)

    def workflow(self, name, *, labels, phase="Succeeded", **metadata):
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {
                "name": name,
                "labels": labels,
                # The simulated controller leaves it as it is for as long as a test takes.
                "annotations": {"triggerfish.dev/simulate": "600s"},
            }
            | metadata,
            "spec": {
                "entrypoint": "main",
                "templates": [{"name": "main", "container": {"image": "busybox"}}],
            },
            "status": {"phase": phase},
        }
        return self.put("workflows", body)

    def reported(self, name, *, told="", stage="running", phase="Running", context="ci/build", **notes):
        """The run of a binding whose state is reported on a commit; ``told`` is what was said last."""
        intent = Intent("github", "ci", "org/app", "1a" * 20, context)
        annotations = {"report": intent.sealed(self.namespace, name, b"key"), **notes}
        if told:
            annotations["reported"] = told
        return self.workflow(
            name,
            labels={
                "triggerfish.dev/report": stage,
                "workflows.argoproj.io/workflow-event-binding": "on-push",
                "workflows.argoproj.io/phase": phase,
            },
            phase=phase,
            annotations={
                f"triggerfish.dev/{key.replace('_', '-')}": text for key, text in annotations.items()
            }
            | {"triggerfish.dev/simulate": "600s"},
        )

    def trouble(self, name, message, *, reason="ReportFailed", at="2026-11-29T02:02:00Z"):
        """A Kubernetes Event that the cron function writes on a run."""
        body = {
            "metadata": {"name": f"{name}.{reason.lower()}.{at[11:19].replace(':', '')}"},
            "involvedObject": {"kind": "Workflow", "namespace": self.namespace, "name": name},
            "reason": reason,
            "message": message,
            "lastTimestamp": at,
        }
        path = f"/api/v1/namespaces/{self.namespace}/events"
        status, answer = self.cluster.request("POST", path, body)
        assert status == 201, answer

    def annotate(self, name, annotations):
        path = f"{ARGO}/namespaces/{self.namespace}/cronworkflows/{name}"
        body = {"metadata": {"annotations": annotations}}
        status, answer = self.cluster.request(
            "PATCH", path, body, content_type="application/merge-patch+json"
        )
        assert status == 200, answer

    def record(self, *rows):
        """Write the record of deliveries as it is given: anybody who may could."""
        text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
        body = {
            "metadata": {
                "name": "triggerfish-deliveries",
                "labels": {"triggerfish.dev/record": "deliveries"},
            },
            "data": {"somebody": text},
        }
        path = f"/api/v1/namespaces/{self.namespace}/configmaps"
        status, answer = self.cluster.request("POST", path, body)
        assert status == 201, answer

    def record_more(self, *rows):
        """Write what another process records, beside what is there."""
        text = "\n".join(json.dumps(row) for row in rows)
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/triggerfish-deliveries"
        body = {"data": {"another": text}}
        status, answer = self.cluster.request(
            "PATCH", path, body, content_type="application/merge-patch+json"
        )
        assert status == 200, answer
