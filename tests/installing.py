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


def from_npm(folder: Path, *packages: str) -> bool:
    """Packages into `folder`/node_modules; False where there is no npm."""
    if not shutil.which("npm"):
        print(f"{' and '.join(packages)} cannot be installed: there is no npm")
        return False
    if not all((folder / "node_modules" / package).exists() for package in packages):
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, *packages], check=True)
    return True


def from_debian(*packages: str) -> bool:
    """Packages into the system; False where only somebody else could do that."""
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"{', '.join(packages)} cannot be installed: that takes root and Debian's apt-get")
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], check=True, env=quiet, stdout=subprocess.DEVNULL)
    return True
