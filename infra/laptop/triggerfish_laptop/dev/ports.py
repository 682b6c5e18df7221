"""Ports of the laptop's servers: three loopback ports above one base."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from triggerfish.errors import TriggerfishError

HOST = "127.0.0.1"


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
                f"port {port}, for {purpose}, is taken: stop what listens there (a second `make run`?), "
                f"or choose other ports with `make run PORT_BASE={base + 1000}`"
            ) from error
