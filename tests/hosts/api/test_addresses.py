"""Nothing reaches a private or metadata address unless it is allowed: the rules, as tables."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.errors import SettingError
from triggerfish.hosts.api.addresses import AddressRules, fault_of_url, origin

PUBLIC = ["140.82.121.4", "8.8.8.8", "2606:50c0:8000::64", "2a00:1450:4001:80b::200e"]
PRIVATE = [
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "127.8.9.1"),
    *("fc00::1", "fd12:3456::1", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
]
# Neither public nor private: nothing but a CIDR of the operator's own allows them.
SPECIAL = [
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.9",
    "198.18.0.1",
    "192.88.99.1",
    "192.0.0.9",
    "240.0.0.1",
    "2001:db8::1",
    "fec0::1",
    "100::1",
    "3fff::1",
]
NEVER = {
    "169.254.169.254": "metadata of most clouds",
    "169.254.170.2": "credentials of a container on AWS",
    "168.63.129.16": "Azure's platform",
    "100.100.100.200": "metadata of Alibaba Cloud",
    "192.0.0.192": "metadata of Oracle Cloud",
    "fd00:ec2::254": "metadata of AWS",
    "fd20:ce::254": "metadata of Google Cloud",
    "fe80::a9fe:a9fe": "link-local",
    "fe80::1%eth0": "a zone",
    "2606:50c0:8000::64%eth0": "a public address with a zone",
    "::ffff:169.254.169.254": "IPv4-mapped",
    "::ffff:a9fe:a9fe": "IPv4-mapped, in hexadecimal",
    "::ffff:168.63.129.16": "IPv4-mapped",
    "::ffff:0:169.254.169.254": "IPv4-translated",
    "::169.254.169.254": "IPv4-compatible",
    "64:ff9b::169.254.169.254": "NAT64",
    "64:ff9b::808:808": "NAT64 of a public address",
    "64:ff9b:1::a9fe:a9fe": "NAT64 of a network's own",
    "2002:a9fe:a9fe::1": "6to4",
    "2002:808:808::1": "6to4 of a public address",
    "2001:0:a9fe:a9fe::1": "Teredo",
    "0.0.0.0": "this host",
    "0.1.2.3": "this host",
    "::": "this host",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "broadcast",
    "": "nothing",
    "localhost": "a name",
    "2130706433": "a number",
    "0x7f.0.0.1": "hexadecimal",
    "0177.0.0.1": "octal",
    "127.1": "a short form",
}
EVERYTHING = "private, 0.0.0.0/0, ::/0"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_asked(address):
    assert AddressRules.of("").allowed(address)


@pytest.mark.parametrize("address", [*PRIVATE, *SPECIAL])
def test_others_are_not(address):
    assert not AddressRules.of("").allowed(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_ones_are_if_the_operator_says_so(address):
    assert AddressRules.of("private").allowed(address)


@pytest.mark.parametrize("address", SPECIAL)
def test_private_is_no_word_for_every_other(address):
    assert not AddressRules.of("private").allowed(address)


@pytest.mark.parametrize(("address", "kind"), NEVER.items(), ids=NEVER.values())
@pytest.mark.parametrize("setting", ["", "private", EVERYTHING, "169.254.0.0/16, 64:ff9b::/96, 2002::/16"])
def test_metadata_is_never_asked_in_whatever_form(address, kind, setting):
    assert not AddressRules.of(setting).allowed(address)


@pytest.mark.parametrize(
    ("setting", "address", "expected"),
    [
        ("10.20.0.0/16", "10.20.3.4", True),
        ("10.20.0.0/16", "10.21.0.1", False),
        ("10.20.0.0/16", "::ffff:10.20.3.4", True),
        ("10.20.0.0/16", "140.82.121.4", True),
        ("10.20.0.5", "10.20.0.5", True),
        ("10.20.0.5, fd12::/16", "fd12::9", True),
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.0/8", "::1", False),
        ("::1", "::1", True),
    ],
)
def test_or_cidrs(setting, address, expected):
    assert AddressRules.of(setting).allowed(address) is expected


@pytest.mark.parametrize(
    "text", ["public", "10.20.0.0/33", "10.20.0.1/16", "git.example.com", "private;10.0.0.0/8"]
)
def test_a_wrong_setting_names_itself(text):
    with pytest.raises(SettingError, match=r"HOST_ADDRESSES is .*private"):
        AddressRules.of(text)


@given(st.integers(0, 2**32 - 1))
def test_what_wraps_an_ipv4_address_is_never_more_than_that(number):
    rules = AddressRules.of("private")
    plain = rules.allowed(str(IPv4Address(number)))
    assert rules.allowed(f"::ffff:{IPv4Address(number)}") is plain
    for prefix in (0, 0x64FF9B << 96, 0xFFFF << 48):
        assert not rules.allowed(str(IPv6Address(prefix + number))) or number == 1
    assert not rules.allowed(str(IPv6Address((0x2002 << 112) + (number << 80))))


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_not(text):
    assert AddressRules.of("").allowed(text) in (True, False)


GOOD = [
    "https://git.example.com",
    "https://git.example.com/",
    "https://git.example.com:8443/gitlab",
    "https://git.example.com./api",
    "https://GIT.example.com",
    "https://192.0.2.1",
    "https://[2001:db8::1]:8443",
    "https://git_lab.internal",
    "https://dev.azure.com/org",
    "https://xn--bcher-kva.example",
]
BAD = {
    "": "empty",
    "git.example.com": "no scheme",
    "http://git.example.com": "not https",
    "HTTP://git.example.com": "not https in capitals",
    "ftp://git.example.com": "another scheme",
    "https://": "no host",
    "https:///path": "no host but a path",
    "https://user@git.example.com": "userinfo",
    "https://user:hush@git.example.com": "userinfo with a password",
    "https://git.example.com@169.254.169.254": "userinfo that looks like the host",
    "https://git.example.com:0": "port 0",
    "https://git.example.com:70000": "no such port",
    "https://git.example.com:x": "no port",
    "https://git.example.com/?a=b": "a query",
    "https://git.example.com?": "an empty query",
    "https://git.example.com/#x": "a fragment",
    "https://git.example.com/../x": "a step up",
    "https://git.example.com/./x": "a step nowhere",
    "https://git.example.com/%2e%2e/x": "an encoded step up",
    "https://git.example.com//x": "an empty step",
    "https://git.example.com\\@evil.example": "a backslash",
    "https://git .example.com": "a blank",
    "https://git.example.com\n": "a line break",
    "https://git.example.com/ä": "not ASCII",
    "https://gît.example.com": "a host that is not ASCII",
    "https://2130706433": "decimal",
    "https://0x7f000001": "hexadecimal",
    "https://017700000001": "octal",
    "https://0177.0.0.1": "octal with dots",
    "https://0x7f.1": "hexadecimal and short",
    "https://127.1": "short",
    "https://127.0.0.1.": "an address with a dot",
    "https://169.254.169.254.": "metadata with a dot",
    "https://1.2.3.4.5": "five numbers",
    "https://999.1.1.1": "no address",
    "https://[::1": "half a bracket",
    "https://[fe80::1%25eth0]": "a zone",
    "https://git..example.com": "an empty label",
    "https://.example.com": "an empty first label",
    "https://git%2eexample.com": "an encoded host",
    "https://" + "a" * 600: "too long",
}


@pytest.mark.parametrize("url", GOOD)
def test_a_url_that_a_credential_may_name(url):
    assert fault_of_url(url) == ""


@pytest.mark.parametrize("url", BAD, ids=BAD.values())
def test_a_url_that_none_may_name_and_why(url):
    fault = fault_of_url(url)
    assert fault
    assert "hush" not in fault
    assert "example" not in fault


@given(st.text(max_size=60) | st.text(max_size=40).map("https://{}".format))
def test_any_text_is_a_url_or_a_fault(text):
    if not fault_of_url(text):
        scheme, host, _ = origin(text)
        assert scheme == "https"
        assert host


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://git.example/a", "https://git.example:443/b", True),
        ("https://git.example./a", "https://GIT.example", True),
        ("https://git.example", "https://git.example:8443", False),
        ("https://git.example", "http://git.example:443", False),
        ("https://git.example", "https://git.example.evil", False),
    ],
)
def test_the_origin_of_a_url(one, other, same):
    assert (origin(one) == origin(other)) is same


@pytest.mark.parametrize("url", ["", "https://u@git.example", "https://git.example:x", "https://["])
def test_what_has_no_origin(url):
    assert origin(url) is None
