"""Which addresses may be delivered to."""

from ipaddress import ip_network

import pytest

from relay_saas.mail.dns import allowed

SIMULATOR = (ip_network("127.20.0.0/16"),)


@pytest.mark.parametrize("address", ["8.8.4.4", "203.104.1.1", "2001:4860:4860::8888", "2606:4700::1111"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert allowed(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.20.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "fe80::1%eth0",
        "::ffff:127.0.0.1",
        "::ffff:8.8.4.4",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "2001::1",
        "not an address",
        "",
        "127.1",
        "0x7f000001",
        "2130706433",
    ],
)
def test_private_special_and_wrapped_addresses_are_refused(address: str) -> None:
    assert not allowed(address, ())


def test_a_named_range_opens_itself_and_nothing_else() -> None:
    assert allowed("127.20.3.4", SIMULATOR)
    assert not allowed("127.21.0.1", SIMULATOR)
    assert not allowed("::ffff:127.20.3.4", SIMULATOR)
    assert not allowed("::ffff:127.20.3.4", (ip_network("::ffff:0:0/96"),))
    assert allowed("8.8.4.4", SIMULATOR)


def test_the_loopback_of_ipv6_is_allowed_where_a_range_names_it() -> None:
    assert allowed("::1", (ip_network("::1/128"),))
    assert not allowed("::2", (ip_network("::/96"),))
    assert not allowed("::", (ip_network("::/96"),))
