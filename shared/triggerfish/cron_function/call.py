"""``python -m triggerfish.cron_function.call URL``: one tick, as a CronJob of Kubernetes calls it.

It sends ``TICK_TOKEN``, prints the answer, and ends with 1 if the tick failed. It imports nothing that a pod
of a second would have to wait for.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from triggerfish.settings import environment

_seconds = 55.0


def call(url: str, token: str) -> int:
    """POST to the tick; the exit code."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, b"", headers, method="POST")  # noqa: S310  the manifest's own URL
    try:
        with urllib.request.urlopen(request, timeout=_seconds) as answer:  # noqa: S310  as above
            _say(answer.read().decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        _say(f"{error.code} {error.read().decode('utf-8', 'replace')}")
        return 1
    except (OSError, ValueError) as error:
        _say(f"{url} did not answer: {error}")
        return 1
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(call(sys.argv[1], environment().get("TICK_TOKEN", "")))
