"""What a reader is, what it shows of an item, and where the readers are installed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TIMEOUT = 120


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

    def run(self, home: Path, program: str, *arguments: str, input: str = "") -> str:  # noqa: A002  as subprocess has it
        """Run a program with a home of its own and give back what it prints; raises where it fails or hangs."""
        command = [self.program(program) or program, *arguments]
        done = subprocess.run(
            command, env=self.environment(home), input=input, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr[-1500:]}")
        return done.stdout

    def environment(self, home: Path) -> dict[str, str]:
        """The environment of a reader: a home below `home`, no proxy between it and us, no wish to see UTC as local."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        own = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
        return {**kept, **own, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "TZ": "Europe/Berlin",
                "NODE_PATH": str(self.folder / "node_modules"), "PYTHONWARNINGS": "ignore"}  # fmt: skip


Read = Callable[[Tools, Path, Mapping[str, str]], dict[str, list[Seen]]]


@dataclass(frozen=True)
class Reader:
    """A reader: the formats it knows, whether it is there, and how it is made to read URLs by format in a home."""

    name: str
    forms: tuple[str, ...]
    is_installed: Callable[[Tools], bool]
    read: Read


def at(seconds: float) -> datetime:
    """A time in Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)
