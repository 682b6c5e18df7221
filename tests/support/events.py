"""A namespace with what an event needs, and requests to the events function that serves it."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field

ARGO = "/apis/argoproj.io/v1alpha1"
MAY_SUBMIT = (
    {"apiGroups": ["argoproj.io"], "resources": ["workfloweventbindings"], "verbs": ["list"]},
    {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflowtemplates"],
        "verbs": ["get"],
    },
    {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": ["create"]},
)
SELECTOR = (
    'payload.message != "" && metadata["x-argo-e2e"] == ["true"] && discriminator == "my-discriminator"'
)
SECRET = "shh!"


@dataclass
class Place:
    """A namespace of one test's own, and the function that serves it; ``secrets`` must be in no log line."""

    cluster: object
    function: object
    namespace: str
    token: str
    hidden: list = field(default_factory=list)

    def put(self, resource, body, *, expected=201):
        namespaced = f"{ARGO}/namespaces/{self.namespace}/{resource}"
        status, answer = self.cluster.request("POST", namespaced, body)
        assert status == expected, answer
        return answer

    def template(self, name="my-wf-tmple", **spec):
        spec = {
            "entrypoint": "main",
            "arguments": {"parameters": [{"name": "message", "value": "default"}]},
            "templates": [{"name": "main", "container": {"image": "busybox"}}],
            **spec,
        }
        return self.put(
            "workflowtemplates", {"metadata": {"name": name}, "spec": spec} | kind("WorkflowTemplate")
        )

    def binding(
        self,
        name="event-consumer",
        selector=SELECTOR,
        value="payload.message",
        template="my-wf-tmple",
        **more,
    ):
        submit = {
            "workflowTemplateRef": {"name": template},
            "arguments": {"parameters": [{"name": "message", "valueFrom": {"event": value}}]},
            **more.pop("submit", {}),
        }
        spec = {"event": {"selector": selector}, "submit": submit}
        metadata = {"name": name, **more}
        return self.put(
            "workfloweventbindings", {"metadata": metadata, "spec": spec} | kind("WorkflowEventBinding")
        )

    def clients(self, **clients):
        data = {
            name.replace("_", "."): base64.b64encode(text.encode()).decode() for name, text in clients.items()
        }
        core = f"/api/v1/namespaces/{self.namespace}/secrets"
        status, answer = self.cluster.request(
            "POST", core, {"metadata": {"name": "argo-workflows-webhook-clients"}, "data": data}
        )
        assert status == 201, answer

    def workflows(self):
        status, answer = self.cluster.request("GET", f"{ARGO}/namespaces/{self.namespace}/workflows")
        assert status == 200, answer
        return answer["items"]

    def event(self, payload, discriminator="my-discriminator", *, token=None, headers=None, path=None):
        token = self.token if token is None else token
        sent = {
            "X-Argo-E2E": "true",
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **(headers or {}),
        }
        path = path or f"/api/v1/events/{self.namespace}/{discriminator}"
        return self.function.send("POST", path, payload, sent)

    def github(self, payload, *, secret=SECRET, event="push", delivery=None, change=None, headers=None):
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        sent = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery or secrets.token_hex(8),
            "X-Hub-Signature-256": f"sha256={signature}",
            **(headers or {}),
        }
        body = change(body) if change else body
        return self.function.send("POST", f"/api/v1/events/{self.namespace}/", body, sent)


def kind(name):
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": name}
