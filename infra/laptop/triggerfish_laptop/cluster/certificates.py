"""TLS for one laptop: an authority and a certificate, made on the first start."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

_names = ("localhost", "127.0.0.1", "::1")


def context(state: Path, host: str) -> ssl.SSLContext:
    """The server's side of TLS. What is not yet in ``state`` is made.

    The authority's own key is thrown away: nothing else can be signed by it.
    """
    authority, server = state / "ca.crt", state / f"server-{_file_name(host)}.pem"
    if not (authority.exists() and server.exists()):
        _make(authority, server, host)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(server)
    # Clients are handed this file: better that we find it broken.
    found.load_verify_locations(authority)
    return found


def _make(authority: Path, server: Path, host: str) -> None:
    # Imported when there is something to make: it takes as long as the rest of a start.
    import trustme

    ca = trustme.CA(organization_name="Triggerfish embedded cluster")
    names = dict.fromkeys((*_names, host))
    certificate = ca.issue_cert(*names)
    server.touch(mode=0o600)
    certificate.private_key_and_cert_chain_pem.write_to_path(server)
    ca.cert_pem.write_to_path(authority)


def _file_name(host: str) -> str:
    try:
        return ipaddress.ip_address(host).exploded.replace(":", "-")
    except ValueError:
        return host
