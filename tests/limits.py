"""Commands as a user runs them, in processes of their own, where the system gives them less than they would like."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from places import Place

# Within the process that becomes the command: limits on open files and on the size of a file; and root may no longer
# write where the mode forbids it (CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH out of the bounding set), as nobody else may.
_LIMITER = """
import ctypes, os, resource, sys
files, size, *arguments = sys.argv[1:]
for limit, value in ((resource.RLIMIT_NOFILE, int(files)), (resource.RLIMIT_FSIZE, int(size))):
    if value:
        resource.setrlimit(limit, (value, value))
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.executable, [sys.executable, "-m", "aggregator", *arguments])
"""


def command(place: Place, *arguments: str, files: int = 0, size: int = 0) -> list[str]:
    """The command line that runs a command with at most so many open files, and files of at most `size` bytes."""
    return [
        sys.executable,
        "-c",
        _LIMITER,
        str(files),
        str(size),
        "--config",
        str(place.folder / "feeds.toml"),
        *arguments,
    ]


def limited(place: Place, *arguments: str, files: int = 0, size: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run it to its end."""
    return subprocess.run(
        command(place, *arguments, files=files, size=size), capture_output=True, text=True, check=False
    )


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A disk of so many megabytes at `folder`; skips the test where none may be mounted."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
