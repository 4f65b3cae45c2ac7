"""A path source as one reading: its changed files read, each article given an id that its name does not change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from aggregator.config.values import Source
from aggregator.digest import digest
from aggregator.model import FeedInfo, FileState, Item, Reading, Unreadable
from aggregator.pipeline.marks import Mark, Marks
from aggregator.pipeline.work import read_and_mark_files
from aggregator.polling.files import FilesFound
from aggregator.reading.pool import ReaderPool
from aggregator.reading.read import FileJob, is_feed, shared_lines

_A_JOB = 20  # files read in one call of a worker


@dataclass(frozen=True, slots=True)
class SeedReading:
    """What the changed files of a source hold, and how to remember them: `renamed` are the old names of moved files."""

    reading: Reading
    marks: Marks
    files: tuple[FileState, ...]
    renamed: frozenset[str]


async def read_seeds(
    pool: ReaderPool, source: Source, found: FilesFound, known: Mapping[str, FileState], now: datetime
) -> SeedReading:
    """Read the changed files of a source; a file that cannot be read is remembered with the reason."""
    readable = [file for file in found.changed if not file.error]
    shared = shared_lines([FileJob(file.state.path, file.body) for file in readable])
    jobs = [FileJob(file.state.path, file.body) for file in readable]
    results: dict[str, tuple[Reading, Marks] | Unreadable] = {}
    for start in range(0, len(jobs), _A_JOB):
        results |= await _read_some(pool, jobs[start : start + _A_JOB], shared, now)
    names = _Names(known, found.missing)
    items: list[Item] = []
    marks: list[Mark] = []
    files = []
    for file in found.changed:
        read = results.get(file.state.path) or Unreadable(file.error)
        if isinstance(read, Unreadable):
            files.append(replace(file.state, error=read.reason))
            continue
        state, here = names.named(file.state, read[0])
        files.append(state)
        items.extend(here)
        marks.extend(read[1])
    reading = Reading(FeedInfo(format="files", title=source.title or Path(source.path).name), tuple(items))
    return SeedReading(reading, tuple(marks), tuple(files), frozenset(names.renamed))


async def _read_some(
    pool: ReaderPool, jobs: list[FileJob], shared: frozenset[str], now: datetime
) -> dict[str, tuple[Reading, Marks] | Unreadable]:
    """The readings by name; where one file takes its worker down, the others of the call are read one by one."""
    read = await pool.run(read_and_mark_files, jobs, shared, now)
    if not isinstance(read, Unreadable):
        return read
    if len(jobs) == 1:
        return {jobs[0].name: read}
    results: dict[str, tuple[Reading, Marks] | Unreadable] = {}
    for job in jobs:
        results |= await _read_some(pool, [job], shared, now)
    return results


class _Names:
    """Gives each file's article its id: the one it had, also under an old name, else one made of its text."""

    def __init__(self, known: Mapping[str, FileState], missing: Iterable[str]) -> None:
        self._known = known
        self._by_digest = {known[path].digest: path for path in missing}
        self.renamed: set[str] = set()

    def named(self, state: FileState, read: Reading) -> tuple[FileState, tuple[Item, ...]]:
        """Return the file and its items with their ids. A saved feed's items have ids of their own."""
        before = self._known.get(state.path)
        old_name = self._by_digest.get(state.digest)
        if before is None and old_name is not None:
            before = self._known[old_name]
            self.renamed.add(old_name)
        if is_feed(read):
            return state, read.items
        guid = (before.guid if before else "") or _minted(read.items)
        return replace(state, guid=guid), tuple(replace(item, guid=guid) for item in read.items)


def _minted(items: tuple[Item, ...]) -> str:
    return "".join(f"seed:{digest((item.title + chr(10) + item.text).encode()).hex()}" for item in items[:1])
