"""Installs what the longer checks need beside Python, into a folder of their own, or as root from Debian."""

import os
import shutil
import subprocess
import venv
from pathlib import Path


def from_pypi(folder: Path, *packages: str) -> None:
    """Packages into `folder`/venv, whatever environment runs this."""
    if not (folder / "venv").exists():
        venv.create(folder / "venv", with_pip=True)
        subprocess.run([folder / "venv" / "bin" / "pip", "install", "-qq", *packages], check=True)


def from_npm(folder: Path, *packages: str) -> None:
    """Packages into `folder`/node_modules, where there is an npm."""
    if not shutil.which("npm"):
        print(f"{' and '.join(packages)} cannot be installed: there is no npm")
    elif not all((folder / "node_modules" / package).exists() for package in packages):
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, *packages], check=True)


def from_debian(*packages: str) -> None:
    """Packages into the system, where that is ours to change."""
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"{', '.join(packages)} cannot be installed: that takes root and Debian's apt-get")
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NOWARNINGS": "yes"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], check=True, env=quiet, stdout=subprocess.DEVNULL)
