"""What a reader is, what it shows of an item, and where the readers are installed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TIMEOUT = 120


class ReaderError(Exception):
    """A reader could not be run to its end."""


@dataclass(frozen=True)
class Seen:
    """An item as a reader stored it; `author` as one text, "" where it has none."""

    title: str
    link: str
    date: datetime | None
    author: str


@dataclass(frozen=True)
class Tools:
    """Programs: those on the PATH, and in `folder` the `venv` and `node_modules` that --install fills."""

    folder: Path

    def program(self, name: str) -> str | None:
        """Where a program is, or None."""
        return shutil.which(name, path=f"{self.folder / 'venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")

    def run(self, home: Path, program: str, *arguments: str) -> str:
        """Run a program with a home of its own and give back what it prints; raises ReaderError."""
        command = [self.program(program) or program, *arguments]
        try:
            done = subprocess.run(
                command, env=self.environment(home), capture_output=True, text=True, timeout=TIMEOUT, check=True
            )
        except subprocess.CalledProcessError as error:
            raise ReaderError(f"{program} ended with {error.returncode}: {error.stderr[-1000:]}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReaderError(str(error)) from error
        return done.stdout

    def environment(self, home: Path) -> dict[str, str]:
        """The environment of a reader: a home of its own, no proxy between it and us, and a zone that is not UTC."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        own = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
        return {**kept, **own, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "TZ": "Europe/Berlin",
                "NODE_PATH": str(self.folder / "node_modules"), "PYTHONWARNINGS": "ignore"}  # fmt: skip


Read = Callable[[Tools, Path, Mapping[str, str]], dict[str, list[Seen]]]
Check = Callable[[Tools], bool]


@dataclass(frozen=True)
class Reader:
    """A reader: the formats it knows, whether it is there, and how it is made to read URLs by format in a home."""

    name: str
    forms: tuple[str, ...]
    is_installed: Check
    read: Read


def at(seconds: float) -> datetime:
    """A time in Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)
