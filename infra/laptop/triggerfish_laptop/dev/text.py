"""The introduction of `make run`: where everything runs, and commands to try."""

from __future__ import annotations

from pathlib import Path

from triggerfish_laptop.dev.owntime import OwnTime
from triggerfish_laptop.dev.ports import HOST, Ports
from triggerfish_laptop.files import is_packaged


def introduction(
    root: Path,
    folder: Path,
    kubeconfig: Path,
    ports: Ports,
    *,
    embedded: bool,
    own_time: OwnTime | None = None,
) -> str:
    """The text, with lines that can be copied into another terminal as they are.

    ``root`` has the samples; paths are shown as seen from ``folder``, where the session was started.
    """
    here = _short(kubeconfig, folder)
    laptop = _short(root / "infra" / "laptop", folder)
    events = f"http://{HOST}:{ports.events}"
    parts = [_where(here, ports, embedded=embedded)]
    if own_time is not None:
        at, speed = f"{own_time.at:%Y-%m-%dT%H:%MZ}", f"{own_time.speed:g}"
        # In a checkout the command is not on the path.
        command = "triggerfish" if is_packaged(root) else ".venv/bin/triggerfish"
        parts += [_OWN_TIME.format(at=at, speed=speed, triggerfish=command)]
    if embedded:
        parts += [_TRY.format(kubeconfig=here, events=events, laptop=laptop)]
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


def _short(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


_OWN_TIME = """\
  clock     the cluster's own: it starts at {at}; {speed} of its seconds pass in one; no minute is left out
            to move it ahead, in another terminal: {triggerfish} dev advance 2h
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

  # a GitHub delivery, signed with the secret of {laptop}/samples/github.yaml
  BODY={laptop}/deliveries/github-push.json
  curl {events}/api/v1/events/default/ -H "Content-Type: application/json" \\
    -H "X-GitHub-Event: push" -H "X-GitHub-Delivery: $(date +%s)" \\
    -H "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac 'shh!' -r < $BODY | cut -d' ' -f1)" \\
    --data-binary @$BODY
"""
