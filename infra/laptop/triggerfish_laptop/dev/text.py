"""The introduction of `make run`: where everything runs, and commands to try."""

from __future__ import annotations

from pathlib import Path

from triggerfish_laptop.dev.owntime import OwnTime
from triggerfish_laptop.dev.ports import HOST, Ports


def introduction(
    root: Path, kubeconfig: Path, ports: Ports, *, embedded: bool, own_time: OwnTime | None = None
) -> str:
    """The text, with lines that can be copied into another terminal as they are."""
    here = _short(kubeconfig, root)
    events = f"http://{HOST}:{ports.events}"
    parts = [_where(here, ports, embedded=embedded)]
    if own_time is not None:
        parts += [_OWN_TIME.format(at=f"{own_time.at:%Y-%m-%dT%H:%MZ}", speed=f"{own_time.speed:g}")]
    if embedded:
        parts += [_TRY.format(kubeconfig=here, events=events)]
    return (
        "\n".join(parts)
        + "\nOne line follows for each tick, delivery and Workflow. Ctrl-C stops everything.\n"
    )


def _where(kubeconfig: str, ports: Ports, *, embedded: bool) -> str:
    if embedded:
        cluster = (
            f"  cluster   https://{HOST}:{ports.cluster}  embedded; its workflow controller is simulated: "
            "it runs no containers\n"
        )
    else:
        cluster = "  cluster   the one of your kubeconfig; nothing was applied to it\n"
    return (
        "\nTriggerfish runs on this machine:\n"
        f"{cluster}"
        f"            kubeconfig {kubeconfig}\n"
        f"  events    http://{HOST}:{ports.events}  webhooks, events and submissions\n"
        f"  cron      http://{HOST}:{ports.cron}  POST / is a tick; a scheduler here sends one every minute\n"
        f"  console   http://{HOST}:{ports.events}/console/index.html  shows what your token may read\n"
    )


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


_OWN_TIME = """\
  clock     the cluster's own: it starts at {at}; {speed} of its seconds pass in one; no minute is left out
            to move it ahead, in another terminal: .venv/bin/triggerfish dev advance 2h
"""
_TRY = """\
Try, in another terminal:
  export KUBECONFIG={kubeconfig}
  export TRIGGERFISH_SERVER={events}
  kubectl get cronworkflows,workflows,workfloweventbindings
  kubectl get workflows --watch

  # a token for the console, {events}/console/index.html
  kubectl create token console

  # an event, with a token
  curl {events}/api/v1/events/default/my-discriminator \\
    -H "Authorization: Bearer $(kubectl create token jenkins)" \\
    -H "X-Argo-E2E: true" -d '{{"message": "hello events"}}'

  # a GitHub delivery, signed with the secret of infra/laptop/samples/github.yaml
  BODY=infra/laptop/deliveries/github-push.json
  curl {events}/api/v1/events/default/ -H "Content-Type: application/json" \\
    -H "X-GitHub-Event: push" -H "X-GitHub-Delivery: $(date +%s)" \\
    -H "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac 'shh!' -r < $BODY | cut -d' ' -f1)" \\
    --data-binary @$BODY
"""
