"""Which URLs a credential may name, and which addresses a Git host may have.

A tenant writes the URL, so the function could be made to call anything: only public addresses are asked, and
those that ``HOST_ADDRESSES`` allows. Servers of metadata, which give out the function's own identity, are
never asked, in whatever form their address is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from triggerfish.errors import SettingError

Network = IPv4Network | IPv6Network

_NEVER: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # link-local: the metadata of most clouds
            "fe80::/10",  # link-local
            "168.63.129.16/32",  # Azure's platform
            "100.100.100.200/32",  # Alibaba Cloud's metadata
            "192.0.0.192/32",  # Oracle Cloud's metadata
            "fd00:ec2::/32",  # AWS: metadata, DNS, time
            "fd20:ce::/32",  # Google Cloud's metadata
            "64:ff9b::/96",  # NAT64: an IPv4 address in another form
            "64:ff9b:1::/48",  # NAT64 of a network's own
            "2002::/16",  # 6to4: likewise
            "2001::/32",  # Teredo: likewise
            "::/96",  # IPv4-compatible: likewise (and ::, but see _LOOPBACK)
            "::ffff:0:0:0/96",  # IPv4-translated: likewise
            "0.0.0.0/8",  # this host
            "224.0.0.0/4",  # multicast
            "ff00::/8",  # multicast
            "255.255.255.255/32",
        ),
    )
)
_LOOPBACK = IPv6Address("::1")
_PRIVATE: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"),
            *("fc00::/7", "::1/128"),
        ),
    )
)
# Special uses that not every Python knows as such.
_SPECIAL: tuple[Network, ...] = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "3fff::/20"))
)
# All that is public in IPv6; what lies outside of it is in some special use.
_UNICAST = IPv6Network("2000::/3")

_HOST = re.compile(r"(?=.{1,253}\.?\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
_longest_url = 512


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Public addresses, and those of ``networks``."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, text: str) -> AddressRules:
        """Those of ``HOST_ADDRESSES``: empty, ``private`` or CIDRs; ``SettingError`` for anything else."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        networks: list[Network] = []
        for word in words:
            if word == "private":
                networks.extend(_PRIVATE)
                continue
            try:
                networks.append(ip_network(word))
            except ValueError:
                raise SettingError(
                    f"HOST_ADDRESSES is {text[:80]!r}; it takes `private`, or CIDRs such as 10.20.0.0/16,"
                    " separated by commas"
                ) from None
        return cls(tuple(networks))

    def allowed(self, address: str) -> bool:
        """Return whether a host of that address may be asked; False for what is no IP address."""
        try:
            # A zone (fe80::1%eth0) chooses an interface; nothing public needs one.
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address):
            if found.scope_id:
                return False
            found = found.ipv4_mapped or found
        if found != _LOOPBACK and _in(found, _NEVER):
            return False
        return _is_public(found) or _in(found, self.networks)


def _in(address: IPv4Address | IPv6Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == each.version and address in each for each in networks)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_reserved and not _in(address, _SPECIAL)


def fault_of_url(url: str) -> str:
    """What is wrong with the URL of a host in a credential; empty when nothing is. It quotes none of it."""
    if len(url) > _longest_url or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>'):
        return "its url is no https:// URL of ASCII characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its url is no https:// URL"
    if parts.scheme != "https" or not parts.hostname:
        return "its url does not begin with https:// and a host"
    if "@" in parts.netloc:
        return "its url has a user; write username and password as fields"
    if port == 0:
        return "the port of its url is 0"
    if "?" in url or "#" in url:
        return "its url has a query or a fragment"
    if not _PATH.fullmatch(parts.path) or {".", ".."} & set(parts.path.split("/")):
        return "the path of its url has characters that none needs"
    return _fault_of_host(parts.hostname, bracketed="[" in parts.netloc)


def _fault_of_host(host: str, *, bracketed: bool) -> str:
    if bracketed:
        return "" if _is_address(host) else "the host of its url is no IPv6 address"
    if not _HOST.fullmatch(host):
        return "the host of its url is no host name"
    # inet_aton takes 2130706433, 0x7f.1 and 0177.0.0.1 for 127.0.0.1; nobody names a host so in earnest.
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) and not _is_address(host):
        return "the host of its url is a number; write a name, or an IPv4 address as 192.0.2.1"
    return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL, for comparing; None when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port or (443 if parts.scheme == "https" else 80)
