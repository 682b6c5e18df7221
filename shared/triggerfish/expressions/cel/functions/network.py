"""cel-go's extension for addresses: ``ip('10.0.0.1')``, ``cidr('10.0.0.0/8').containsIP(…)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from triggerfish.expressions.cel.functions.registry import function
from triggerfish.expressions.cel.limits import Account
from triggerfish.expressions.cel.values import Value, register
from triggerfish.expressions.limits import Failure

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address


@dataclass(frozen=True, slots=True)
class IP:
    """An address."""

    address: IPv4Address | IPv6Address

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class CIDR:
    """An address and how many of its bits are the network's."""

    address: IPv4Address | IPv6Address
    bits: int

    def __str__(self) -> str:
        return f"{self.address}/{self.bits}"

    def masked(self) -> int:
        """The network's part of the address, as a number."""
        return int(self.address) >> (self.address.max_prefixlen - self.bits)

    def holds(self, other: IPv4Address | IPv6Address) -> bool:
        """Whether the address is in the network."""
        if other.version != self.address.version:
            return False
        return int(other) >> (self.address.max_prefixlen - self.bits) == self.masked()


register(IP, "net.IP")
register(CIDR, "net.CIDR")


def _address(text: str) -> IPv4Address | IPv6Address:
    from ipaddress import IPv6Address, ip_address  # few expressions need it

    try:
        found = ip_address(text)
    except ValueError:
        raise Failure("this text is not an IP address") from None
    if isinstance(found, IPv6Address):
        if found.scope_id is not None:
            raise Failure("an IP address with a zone is not allowed")
        if found.ipv4_mapped is not None:
            raise Failure("an IPv4-mapped IPv6 address is not allowed")
    return found


@function("ip(string) -> IP")
def ip(_run: Account, text: str) -> IP:
    """The address."""
    return IP(_address(text))


@function("cidr(string) -> CIDR")
def cidr(_run: Account, text: str) -> CIDR:
    """The network."""
    before, slash, bits = text.partition("/")
    if not slash or not bits.isascii() or not bits.isdigit() or len(bits) > 3 or bits != str(int(bits)):
        raise Failure("this text is not a CIDR, such as 10.0.0.0/8")
    address = _address(before)
    if int(bits) > address.max_prefixlen:
        raise Failure("this text is not a CIDR, such as 10.0.0.0/8")
    return CIDR(address, int(bits))


@function("isIP(string) -> bool")
def is_ip(_run: Account, text: str) -> bool:
    """Whether the text is an address."""
    try:
        _address(text)
    except Failure:
        return False
    return True


@function("isCIDR(string) -> bool")
def is_cidr(run: Account, text: str) -> bool:
    """Whether the text is a network."""
    try:
        cidr(run, text)
    except Failure:
        return False
    return True


@function("ip.isCanonical(string) -> bool")
def is_canonical(_run: Account, text: str) -> bool:
    """Whether the text is how the address is written."""
    return str(_address(text)) == text


@function("IP.family() -> int")
def family(_run: Account, value: IP) -> int:
    """4 or 6."""
    return value.address.version


@function("IP.isUnspecified() -> bool")
def is_unspecified(_run: Account, value: IP) -> bool:
    """Whether it is 0.0.0.0 or ::."""
    return value.address.is_unspecified


@function("IP.isLoopback() -> bool")
def is_loopback(_run: Account, value: IP) -> bool:
    """Whether it is the machine itself."""
    return value.address.is_loopback


@function("IP.isLinkLocalUnicast() -> bool")
def is_link_local_unicast(_run: Account, value: IP) -> bool:
    """Whether it is one of 169.254.0.0/16 or fe80::/10."""
    return value.address.is_link_local


@function("IP.isLinkLocalMulticast() -> bool")
def is_link_local_multicast(_run: Account, value: IP) -> bool:
    """Whether it is one of 224.0.0.0/24 or ff02::/16."""
    number = int(value.address)
    if value.address.version == 4:
        return number >> 8 == 0xE00000
    return number >> 120 == 0xFF and (number >> 112) & 0xF == 2


@function("IP.isGlobalUnicast() -> bool")
def is_global_unicast(_run: Account, value: IP) -> bool:
    """Whether it is one machine's, and not the link's alone; private ones are."""
    address = value.address
    special = address.is_unspecified or address.is_loopback or address.is_multicast or address.is_link_local
    return not special and str(address) != "255.255.255.255"


@function("CIDR.containsIP(IP) -> bool", "CIDR.containsIP(string) -> bool")
def contains_ip(_run: Account, network: CIDR, value: Value) -> bool:
    """Whether the address is in the network."""
    return network.holds(_address(value) if isinstance(value, str) else value.address)


@function("CIDR.containsCIDR(CIDR) -> bool", "CIDR.containsCIDR(string) -> bool")
def contains_cidr(run: Account, network: CIDR, value: Value) -> bool:
    """Whether the other network is within this one."""
    other = cidr(run, value) if isinstance(value, str) else value
    return bool(other.bits >= network.bits and network.holds(other.address))


@function("CIDR.ip() -> IP")
def ip_of(_run: Account, network: CIDR) -> IP:
    """The address before the slash."""
    return IP(network.address)


@function("CIDR.masked() -> CIDR")
def masked(_run: Account, network: CIDR) -> CIDR:
    """The network, its address without the bits behind the prefix."""
    shift = network.address.max_prefixlen - network.bits
    return CIDR(type(network.address)(network.masked() << shift), network.bits)


@function("CIDR.prefixLength() -> int")
def prefix_length(_run: Account, network: CIDR) -> int:
    """The number behind the slash."""
    return network.bits
