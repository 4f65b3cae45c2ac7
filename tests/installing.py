"""Installs what the longer checks need beside Python, into a folder of their own, or as root from Debian.

What cannot be installed is said; the checks then skip what needs it.
"""

import os
import shutil
import subprocess
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path


def from_pypi(folder: Path, *packages: str) -> None:
    """Packages into `folder`/venv, whatever environment runs this."""
    if not (folder / "venv").exists():
        venv.create(folder / "venv", with_pip=True)
        _run([str(folder / "venv" / "bin" / "pip"), "install", "-qq", *packages])


def from_npm(folder: Path, *packages: str) -> None:
    """Packages into `folder`/node_modules, where there is an npm."""
    if not shutil.which("npm"):
        print(f"{' and '.join(packages)} cannot be installed: there is no npm")
    elif not all((folder / "node_modules" / package).exists() for package in packages):
        _run(["npm", "install", "--silent", "--prefix", str(folder), *packages])


def from_debian(*packages: str) -> None:
    """Packages into the system, where that is ours to change."""
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"{', '.join(packages)} cannot be installed: that takes root and Debian's apt-get")
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NOWARNINGS": "yes"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        _run(["apt-get", "-qq", *command], quiet)


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    if subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode:
        print(f"“{' '.join(command)}” failed")
