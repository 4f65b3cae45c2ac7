"""Which addresses may be connected to; pure, and called with the very addresses that a connection is about to use."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

AllowPrivate = bool | tuple[IPv4Network | IPv6Network, ...]
Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def refusal(addresses: Iterable[str], allow_private: AllowPrivate) -> str:
    """Why none of `addresses` (numeric, as a resolver gives them) may be connected to, or "" where all may.

    One that may not be refuses them all: a name that answers with a public and a private address is either an attack
    (DNS rebinding) or a mistake, and the order in which they are tried must not decide.
    """
    return next(filter(None, (_refusal(text, allow_private) for text in addresses)), "")


@lru_cache(maxsize=4096)  # the same ones come at every poll, and looking at one takes as long as asking for it
def _refusal(text: str, allow_private: AllowPrivate) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return "not an address"
    return "" if _permitted(address, allow_private) else _kind(address)


def _permitted(address: Address, allow_private: AllowPrivate) -> bool:
    inner = _embedded(address)
    if address.is_multicast or address.is_unspecified:
        return False
    if allow_private is True:
        return True
    if allow_private and any(one in network for one in (address, inner) if one for network in allow_private):
        return True
    if inner is not None:
        return _is_public(inner)
    return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False  # is_global says yes to site-local fec0::/10 and to ::7f00:1, of which nothing is routed
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address to which this IPv6 address really leads: mapped, 6to4 (RFC 3056) or NAT64 (RFC 6052)."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _kind(address: Address) -> str:
    inner = _embedded(address) or address
    kinds = (
        (inner.is_unspecified, "the unspecified address"),
        (inner.is_loopback, "a loopback address"),
        (inner.is_link_local, "a link-local address"),
        (inner.is_multicast, "a multicast address"),
    )
    return next((name for holds, name in kinds if holds), "a private or reserved address")
