"""Which addresses may be connected to."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.polling.addresses import refusal

PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "2002:5db8:d822::1", "::ffff:93.184.216.34"]
REFUSED = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # carrier-grade NAT
    "169.254.169.254",  # the metadata service of most clouds
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::7f00:1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2002:c0a8:101::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    """What is routed on the Internet may be connected to, also where it is written as a translation."""
    assert refusal([address], allow_private=False) == ""


@pytest.mark.parametrize("address", REFUSED)
def test_all_others_are_refused(address: str) -> None:
    """Loopback, private, link-local, shared, multicast, reserved: refused, in every disguise."""
    assert refusal([address], allow_private=False)


@pytest.mark.parametrize("address", REFUSED)
def test_one_bad_address_refuses_the_name(address: str) -> None:
    """A name with a public and a private address is refused, whatever their order."""
    assert refusal(["93.184.216.34", address], allow_private=False)
    assert refusal([address, "93.184.216.34"], allow_private=False)


@pytest.mark.parametrize(
    ("address", "networks", "let_through"),
    [
        ("192.168.1.7", ["192.168.1.0/24"], True),
        ("192.168.2.7", ["192.168.1.0/24"], False),
        ("::ffff:192.168.1.7", ["192.168.1.0/24"], True),
        ("fd00::7", ["fd00::/8"], True),
        ("fd00::7", ["192.168.1.0/24"], False),
        ("127.0.0.1", ["192.168.1.0/24"], False),
        ("93.184.216.34", ["192.168.1.0/24"], True),
        ("224.0.0.1", ["224.0.0.0/4"], False),
    ],
)
def test_networks_let_their_own_addresses_through(address: str, networks: list[str], let_through: bool) -> None:
    """A list of networks lets those through, and public addresses still."""
    allowed = tuple(ip_network(network) for network in networks)
    assert (refusal([address], allow_private=allowed) == "") is let_through


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "fd00::1", "169.254.169.254"])
def test_true_lets_private_ones_through(address: str) -> None:
    """`allow_private_addresses = true` lets everything through that one can connect to."""
    assert refusal([address], allow_private=True) == ""
    assert refusal(["224.0.0.1"], allow_private=True)


@given(st.ip_addresses(v=4))
def test_a_translation_is_judged_as_what_it_leads_to(address: object) -> None:
    """For every IPv4 address: mapped, NAT64 and 6to4 forms are let through exactly where it is itself."""
    number = int(address)  # type: ignore[call-overload]  # hypothesis gives IPv4Address
    high, low = number >> 16, number & 0xFFFF
    plain = refusal([str(address)], allow_private=False) == ""
    for disguise in (f"::ffff:{address}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::1"):
        assert (refusal([disguise], allow_private=False) == "") is plain
