"""Tells systemd how the service is doing, where systemd started it (sd_notify); does nothing elsewhere."""

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Send a state such as READY=1. A manager that does not listen is no trouble of ours."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    abstract = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
        told.sendto(state.encode(), abstract)


def watchdog() -> float | None:
    """Return every how many seconds WATCHDOG=1 is to be sent, half of what is allowed, or None where nobody waits."""
    microseconds, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or (process and process != str(os.getpid())):
        return None
    return int(microseconds) / 2_000_000 or None
