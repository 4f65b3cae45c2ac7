"""The small notations of feeds.toml: durations (`30s 15m 1h 2d 1y`), sizes (`500KB 10MB`) and networks."""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_BYTES = {"": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_DURATION = re.compile(r"\s*(\d{1,6})\s*([smhdwy])\s*", re.ASCII)
_SIZE = re.compile(r"\s*(\d{1,9})\s*([KMG]?B?)\s*", re.ASCII | re.IGNORECASE)


def duration(value: object) -> timedelta:
    """Return the duration that a string such as "90s", "15m", "1h", "2d", "1w" or "1y" means. Raises ValueError."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(
            f'{value!r} is no duration; write a whole number and a unit, such as "30s", "15m", "1h" or "2d"'
        )
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def size(value: object) -> int:
    """Return the bytes that a string such as "500KB" or "10MB" means. Raises ValueError."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    unit = _BYTES.get(found[2].upper()) if found else None
    if not found or not unit:
        raise ValueError(f'{value!r} is no size; write a whole number and a unit, such as "500KB" or "10MB"')
    return int(found[1]) * unit


def networks(value: object) -> bool | tuple[IPv4Network | IPv6Network, ...]:
    """Return true, false, or the networks of a list such as ["192.168.1.0/24"]. Raises ValueError."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, list) or not all(isinstance(network, str) for network in value):
        raise ValueError('write true, false, or a list of networks such as ["192.168.1.0/24"]')
    try:
        return tuple(ip_network(network) for network in value)
    except ValueError as error:
        raise ValueError(f'{error}; write each network as "192.168.1.0/24"') from None
