"""Every setting: its name in capitals is the variable. docs/settings.md is made from these fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal as One

from triggerfish.errors import SettingError
from triggerfish.settings.groups import CLI, CONSOLE, CRON, EVENTS, Group
from triggerfish.settings.hosts import HostSettings
from triggerfish.settings.reading import value
from triggerfish.settings.scopes import Scopes

KubeAuth = One["auto", "gke", "eks", "aks"]
Mode = One["active", "shadow"]
WebhookIdentity = One["token-request", "legacy", "impersonate"]
Detail = One["none", "summary", "full"]
SelectorErrors = One["skip", "fail"]
ExpressionDialect = One["expr", "cel"]
Switch = One["off", "on"]


_cluster = Group("Cluster", (CRON, EVENTS))
_work = Group("What it works on", (CRON, EVENTS, CONSOLE))
_schedules = Group("Schedules", (CRON, CONSOLE, CLI))
_tick = Group("The tick", (CRON,))
_events = Group("Events", (EVENTS,))
_secrets = Group("Webhook secrets", (EVENTS, CRON))
_broker = Group("Broker", (EVENTS,))
_shown = Group("Records and what it shows", (EVENTS,))
_console = Group("Records and what it shows", (CONSOLE,))


@dataclass(frozen=True, slots=True)
class Settings(HostSettings, Scopes):
    """All settings: each a text, a whole number of 0 or more, or one of its choices."""

    kubeconfig: str = _cluster(
        "",
        "A kubeconfig file. Without it a function uses its pod's own service account.",
        unset="in the pod",
        also=(CLI,),
    )
    kube_auth: KubeAuth = _cluster(
        "auto",
        "`gke`, `eks`, `aks`: the function uses tokens of its Google, AWS or Azure identity, in no pod of the"
        " cluster.",
        choices=KubeAuth,
    )
    gke_host: str = _cluster(
        "", "With `KUBE_AUTH=gke`: the control plane's host name, address or `https://` URL."
    )
    gke_ca: str = _cluster(
        "",
        "With `KUBE_AUTH=gke`: its certificate authority, base64 of PEM, as Google's API and Terraform"
        " give it. Leave it unset for a DNS-based endpoint, whose certificate a public authority signs.",
    )
    kubernetes_service_host: str = _cluster(
        "", "Set by Kubernetes itself in every pod; used when `KUBECONFIG` is unset.", unset="in the pod"
    )
    kubernetes_service_port: str = _cluster("443", "Set by Kubernetes itself in every pod.")
    workers: int = _cluster(
        1,
        "How many processes the Functions Framework starts. Each has its own limits, caches and metrics: run"
        " more instances instead.",
        least=1,
        most=64,
    )

    managed_namespace: str = _work(
        "", "The only namespace to work in, or several, separated by commas.", unset="all"
    )
    instance_id: str = _work(
        "",
        "Work only on objects with this value of the label `workflows.argoproj.io/controller-instanceid`;"
        " unset: only on objects without the label.",
        also=(CLI,),
    )
    expression_dialect: ExpressionDialect = _work(
        "expr",
        "The dialect of manifests without the annotation `triggerfish.dev/dialect`: `expr` or `cel`.",
        choices=ExpressionDialect,
        also=(CLI,),
    )

    default_timezone: str = _schedules("UTC", "The zone of a CronWorkflow that names none.")
    tick_grace_seconds: int = _schedules(
        120,
        "A slot is on time for this many seconds after it is due; older slots are missed, and follow the"
        " catch-up policy.",
        most=604800,
    )
    tick_deadline_seconds: int = _schedules(
        50,
        "A tick ends after this many seconds and leaves the rest to the next one. Keep it at least 5 s"
        " shorter than the scheduler's period.",
        least=1,
        most=3600,
    )
    decision_record: int = _schedules(
        20_000,
        "How many of the last decisions are kept on each CronWorkflow, in the annotation"
        " `triggerfish.dev/outcomes`, if they fit; `0`: none.",
        most=100_000,
    )
    decision_record_bytes: int = _schedules(
        16_384,
        "The most bytes that this annotation takes: the oldest messages go first, then the oldest decisions.",
        least=1_024,
        most=131_072,
    )

    validate: Switch = _schedules(
        "on",
        "Validate before a run as Argo does: templates, entrypoint, parameters; `off`: Argo's workflow"
        " controller alone says what is wrong with a Workflow.",
        choices=Switch,
    )
    workflow_defaults: str = _schedules(
        "",
        "Argo's `workflowDefaults`, which its controller merges into each Workflow: JSON that begins with"
        " `{`, or a file of JSON or YAML. Validation counts what they give.",
        file=True,
    )

    mode: Mode = _tick(
        "active", "`shadow`: plan and write nothing; report where Argo did something else.", choices=Mode
    )
    tick_every: int = _tick(
        0,
        "The function ticks by itself, every so many seconds, from its first request on (a probe is one);"
        " `0`: something else calls the tick. Several replicas may do it: a second tick does no harm.",
        most=3600,
    )
    tick_shards: int = _tick(
        1,
        "With `TICK_EVERY`: into how many shares a tick is divided, each a request of its own.",
        least=1,
        most=64,
    )
    k_service: str = _tick(
        "", "Set by Cloud Run and Knative themselves in every instance.", unset="elsewhere"
    )
    cpu_always: Switch = _tick(
        "off",
        "With `TICK_EVERY` on Cloud Run or Knative: `on` says that an instance always runs and has its CPU"
        " between requests too; it ends the warning at the start.",
        choices=Switch,
    )
    heartbeat_url: str = _tick(
        "",
        "The function calls this URL (GET) after each complete tick; a service that misses the call tells"
        " you that the scheduler is dead. The URL is not logged.",
        secret=True,
    )
    tick_token: str = _tick("", "The bearer token that the caller of the tick must send.", secret=True)
    tick_audience: str = _tick(
        "",
        "Instead of `TICK_TOKEN`: the audience of the caller's Google OIDC token. Leave both unset if the"
        " platform itself checks the caller (Cloud Run removes the signature).",
    )
    tick_identity: str = _tick("", "The e-mail address in such a token.")

    webhook_identity: WebhookIdentity = _events(
        "token-request",
        "How the function acts as a webhook's service account: `token-request`, `legacy` or `impersonate`.",
        choices=WebhookIdentity,
    )
    event_concurrency: int = _events(
        64,
        "How many requests that have proved who they are are handled at once, at most half of them of one"
        " namespace while others have some; more are answered 503 with `Retry-After`.",
        least=1,
        most=10000,
    )
    max_body_bytes: int = _events(
        2097152, "The longest body; a longer one is answered 413.", least=1, most=67108864
    )
    response_detail: Detail = _events(
        "summary",
        "What the answer to an accepted event says: `none` (`{}`), `summary` (at most 20 non-matches,"
        " then a count) or `full`.",
        choices=Detail,
    )
    selector_errors: SelectorErrors = _events(
        "skip",
        "If a selector fails on a payload: `skip`: its binding does not match, with the reason; `fail`: the"
        " answer is 500, as in Argo.",
        choices=SelectorErrors,
    )

    # The choices are in secrets/registry.py, and are checked when the store is opened.
    secret_store: str = _secrets(
        "kubernetes", "Where webhook secrets are: a Kubernetes Secret, a cloud's store, Vault or files."
    )
    secret_name: str = _secrets(
        "",
        "The secret of a namespace. `google`: `projects/PROJECT/secrets/NAME-{namespace}/versions/VERSION`"
        " (without a version, the latest); `aws`: a name or ARN; `azure`: `https://VAULT.vault.azure.net/secrets/"
        "NAME-{namespace}`; `vault`: the path, `secret/data/webhooks/{namespace}`.",
    )
    secret_folder: str = _secrets(
        "",
        "With `SECRET_STORE=file`: a folder with a folder for each namespace, and in it a file for each"
        " service account.",
    )
    secret_cache_seconds: int = _secrets(
        10,
        "How long secrets are cached: the function notices a rotated secret within this time.",
        most=3600,
    )

    k_sink: str = _broker(
        "",
        "Forward verified events as CloudEvents to this broker instead of creating Workflows at once: an"
        " `http://` or `https://` URL, or `pubsub://projects/PROJECT/topics/TOPIC`.",
    )
    sink_audience: str = _broker(
        "", "The audience that the broker's token must name on `POST /internal/events`."
    )
    sink_identity: str = _broker(
        "",
        "The e-mail address that the broker's token must have there, or"
        " `system:serviceaccount:NAMESPACE:NAME` for a token of this cluster.",
    )

    delivery_record: int = _shown(
        0,
        "How many of the last deliveries are kept for each namespace and process, in the ConfigMap"
        " `triggerfish-deliveries`, with the evaluation trees that have room there"
        " ([docs/console.md](console.md)), and apart from them five refused ones of each cause"
        " ([docs/events.md](events.md#what-is-told-of-a-delivery)); `0`: none.",
        most=10000,
        also=(CONSOLE,),
    )
    delivery_retention_seconds: int = _shown(
        86400,
        "The record of a process that has ended is removed after this many seconds.",
        least=1,
        most=31536000,
        also=(CONSOLE,),
    )
    console: Switch = _shown("off", "`on`: the events function serves the console.", choices=Switch)
    workflow_url: str = _console(
        "",
        "Where the console and a status on a commit link a run to, such as Argo's own page:"
        " `https://argo.example.com/workflows/{namespace}/{name}`.",
        placeholders=("namespace", "name"),
        also=(CRON, EVENTS),
    )
    metrics: Switch = _shown("off", "`on`: Prometheus text at GET `/metrics`.", choices=Switch, also=(CRON,))
    otel_exporter_otlp_endpoint: str = _shown(
        "",
        "The URL of an OpenTelemetry collector (OTLP over HTTP), such as `http://collector:4318`: it gets a"
        " trace of each delivery and each tick ([docs/traces.md](traces.md)). Other variables of"
        " OpenTelemetry, such as `OTEL_EXPORTER_OTLP_HEADERS`, are read as well then.",
        also=(CRON,),
    )
    metrics_token: str = _shown(
        "",
        "The bearer token that a reader of `/metrics` must send. The events function, which strangers reach,"
        " shows its metrics to nobody without one; the cron function then asks nobody.",
        secret=True,
        also=(CRON,),
    )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read from the environment: each field by its name in capitals; unset or empty means the default.

        Raises ``SettingError`` naming the variable and the values it takes.
        """
        found, wrong = cls.tried(environment)
        if wrong:
            raise wrong[0]
        return found

    @classmethod
    def tried(cls, environment: Mapping[str, str]) -> tuple[Settings, list[SettingError]]:
        """The same, with every error there is: a wrong variable has its default."""
        given, wrong = {}, []
        for each in fields(cls):
            if text := environment.get(each.name.upper(), ""):
                try:
                    given[each.name] = value(each, text)
                except SettingError as error:
                    wrong.append(error)
        return cls(**given), wrong
