"""Says when a file has changed, however its editor does that; what is in it is not known here.

The only module that imports watchfiles. It watches the folder, because editors put a new file in the old one's place,
and looks for itself every few seconds, because network file systems and containers' mounts send no word.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

_LOOK = 5_000  # milliseconds
_SETTLE = 200  # milliseconds without a further change: an editor writes in several steps


async def changes(file: Path, look: int = _LOOK) -> AsyncIterator[None]:
    """Yield after each change of the file, the folder it lies in being there; also when it comes back after it went."""
    real = await asyncio.to_thread(file.resolve)
    folders = {file.parent, real.parent}  # a link and what it leads to: containers replace either
    known = _stamp(file)

    def named(_: Change, path: str) -> bool:
        return Path(path).name in (file.name, real.name)

    watched = awatch(
        *folders, watch_filter=named, step=_SETTLE, rust_timeout=look, yield_on_timeout=True, recursive=False
    )
    async for _ in watched:
        stamp = _stamp(file)
        if stamp != known:
            known = stamp
            if stamp is not None:
                yield


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
