"""Ports of the laptop's servers: three loopback ports above one base."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from triggerfish.errors import TriggerfishError

HOST = "127.0.0.1"
# Characters of a command line that are shown: enough to know it again.
_COMMAND = 60


class PortTaken(TriggerfishError):  # noqa: N818  what it says is the state
    """Somebody else listens there."""


@dataclass(frozen=True, slots=True)
class Ports:
    """``base`` + 1 the cluster, + 80 the events function, + 81 the cron function."""

    base: int

    @property
    def cluster(self) -> int:
        """The embedded cluster, https."""
        return self.base + 1

    @property
    def events(self) -> int:
        """The events function, http."""
        return self.base + 80

    @property
    def cron(self) -> int:
        """The cron function, http."""
        return self.base + 81


def require_free(port: int, purpose: str, base: int) -> None:
    """Raise ``PortTaken``, with the way out, when something listens on that loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTaken(
                f"port {port}, for {purpose}, is taken{_by(port)}: stop what listens there, "
                f"or choose other ports: `triggerfish dev --port-base {base + 1000}` "
                f"(`make run PORT_BASE={base + 1000}`)"
            ) from error


def _by(port: int) -> str:
    """`` by NAME (process N, COMMAND)`` of who listens there; empty when this user may not see it."""
    # Not at the top: the command line starts without the extra `laptop`.
    import psutil

    for process in psutil.process_iter(["name", "pid", "cmdline"]):
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue
        if any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections):
            command = " ".join(process.info["cmdline"] or ())
            shown = command if len(command) <= _COMMAND else command[: _COMMAND - 1] + "…"
            own = ", which is this one" if process.pid == os.getpid() else ""
            return f" by {process.info['name']} (process {process.pid}{own}: {shown})"
    return ""
