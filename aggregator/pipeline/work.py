"""What is done in a worker process: a body read, and each item made ready to be stored."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.model import Reading, Unreadable
from aggregator.pipeline.marks import Marks, marks_of
from aggregator.reading.read import FileJob, read_body, read_files


def read_and_mark(
    body: bytes, content_type: str, url: str, known: frozenset[bytes], now: datetime
) -> tuple[Reading, Marks] | Unreadable:
    """Read what a feed URL answered (see `read_body`), with the marks of its items in their order."""
    read = read_body(body, content_type, url, known, now)
    return read if isinstance(read, Unreadable) else (read, marks_of(read))


def read_and_mark_files(
    jobs: Sequence[FileJob], shared: frozenset[str], now: datetime
) -> dict[str, tuple[Reading, Marks] | Unreadable]:
    """Read files (see `read_files`), with the marks of the items of each."""
    found = read_files(jobs, shared, now)
    return {name: read if isinstance(read, Unreadable) else (read, marks_of(read)) for name, read in found.items()}
