"""The published files as they are served: looked at at every request, read once for every change, compressed once.

A file is known by its stamp (when it changed, its size, its number on the disk), so that a 304 reads nothing. It opens
what is published below the output folder and nothing else, and follows no symbolic link out of it.
"""

import asyncio
import gzip
import os
import stat
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar

import brotli  # type: ignore[import-untyped]  # it ships no types

from aggregator.digest import SIZE
from aggregator.serving.conditions import Coding
from aggregator.serving.names import CLOSED, Kind, is_archive, kind
from aggregator.serving.shelf import Body, Headers, Shelf

LARGE = 8_000_000  # bytes: a file beyond is sent from the disk as it is, a piece at a time
SHELF = 64_000_000  # bytes of bodies in memory, of all codings together
_SMALL = 1_000  # bytes that are not worth compressing
_KNOWN = 20_000  # files whose tags are remembered
_PIECE = 1_000_000
_SUFFIXES: dict[Coding, bytes] = {"br": b"-br", "gzip": b"-gz", "identity": b""}
# A feed of 65 KB takes brotli 1.2 ms and becomes 24 % of it; its best quality, 11, takes 64 ms for 21 %.
_COMPRESS: dict[Coding, Callable[[bytes], bytes]] = {
    "br": lambda data: brotli.compress(data, quality=5),
    "gzip": lambda data: gzip.compress(data, 6, mtime=0),
}

Stamp = tuple[int, int, int, int]

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it was when it was last read. `tags` are its entity tags by coding, less their quotes."""

    path: str
    file: Path
    stamp: Stamp
    modified: int
    tags: dict[Coding, bytes]
    headers: Headers
    unchanged: dict[bytes, Headers]

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.stamp[1]

    @property
    def codings(self) -> tuple[Coding, ...]:
        """The codings it is sent in."""
        return ("br", "gzip", "identity") if _SMALL <= self.size <= LARGE else ("identity",)

    def is_current(self) -> bool:
        """Whether the file is still the one that was read."""
        try:
            return _stamp(os.lstat(self.file)) == self.stamp
        except OSError:
            return False


class PublishedFiles:
    """The files below one output folder. `links` gives a path's Link header (RFC 8288), or "" for none."""

    def __init__(self, output: Path, links: Callable[[str], str]) -> None:
        self._output = output
        self._links = links
        self._known: dict[str, Served] = {}
        self._shelf = Shelf(SHELF)
        self._at_work: dict[Hashable, asyncio.Task[Any]] = {}

    async def find(self, path: str) -> Served | None:
        """Return the published file at a path, or None where there is none."""
        served = self._known.get(path)
        if served is not None and served.is_current():
            return served
        found = kind(path)
        if found is None or not _is_file(self._output / path):
            self._known.pop(path, None)
            return None
        return await self._read(path, found)

    async def body(self, served: Served, coding: Coding) -> Body | None:
        """Return the file's bytes in a coding, or None where it has changed since it was found."""
        kept = self._shelf.get(served.path, coding)
        if kept is not None and kept.tag == served.tags["identity"]:
            return kept
        plain = self._shelf.get(served.path, "identity")
        if plain is None or plain.tag != served.tags["identity"]:
            found = kind(served.path)
            again = await self._read(served.path, found) if found else None
            if again is None or again.tags != served.tags:
                return None
            plain = self._shelf.get(served.path, "identity")
        if plain is None or coding == "identity":
            return plain
        body = await self._once((served.tags[coding], coding), _compressed, plain, served, coding)
        self._shelf.put(served.path, coding, body)
        return body

    async def open(self, served: Served) -> BinaryIO | None:
        """Open a large file to be sent, or return None where it has changed since it was found."""
        return await asyncio.to_thread(_opened, served.file, served.stamp)

    async def _read(self, path: str, found: Kind) -> Served | None:
        read = await self._once(path, _read, self._output, path, found, self._links(path))
        if read is None:
            return None
        served, body = read
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[path] = served
        if body is not None:
            self._shelf.put(path, "identity", body)
        return served

    async def _once(self, key: Hashable, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call it in a thread; who asks for the same meanwhile is given the same result."""
        task = self._at_work.get(key)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
            self._at_work[key] = task
            task.add_done_callback(lambda _: self._at_work.pop(key, None))
        result: _R = await asyncio.shield(task)  # what this key's function returns
        return result


def _is_file(file: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(file).st_mode)
    except (OSError, ValueError):
        return False


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns


def _read(output: Path, path: str, found: Kind, link: str) -> tuple[Served, Body | None] | None:
    """In a thread: the file with its tags, and its bytes where it is not large."""
    file = output / path
    try:
        if file.resolve() != output.resolve() / path:
            return None
        with open(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as opened:  # noqa: PTH123 - Path.open follows links
            status = os.fstat(opened.fileno())
            head, hashed, data = b"", blake2b(digest_size=SIZE), []
            while piece := opened.read(_PIECE):
                head = head or piece
                hashed.update(piece)
                if status.st_size <= LARGE:
                    data.append(piece)
    except OSError:
        return None
    served = _served(path, file, _stamp(status), hashed.hexdigest().encode(), found, link, head)
    whole = b"".join(data)
    if status.st_size > LARGE:
        return served, None
    return served, Body(served.tags["identity"], full_headers(served, "identity", len(whole)), whole)


def _opened(file: Path, stamp: Stamp) -> BinaryIO | None:
    """In a thread."""
    try:
        opened = file.open("rb")
    except OSError:
        return None
    if _stamp(os.fstat(opened.fileno())) == stamp:
        return opened
    opened.close()
    return None


def _served(path: str, file: Path, stamp: Stamp, tag: bytes, found: Kind, link: str, head: bytes) -> Served:
    closed = is_archive(path) and b"<fh:archive" in head
    # A date to come would be no date at all (RFC 9110 section 8.8.2.1).
    modified = min(stamp[0] // 1_000_000_000, int(time.time()))
    always: list[tuple[bytes, bytes]] = [
        (b"cache-control", f"public, max-age={CLOSED if closed else found.max_age}".encode()),
        (b"vary", b"accept-encoding"),
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
    ]
    if found.shared:
        always += [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"etag, link")]
    if link:
        always.append((b"link", link.encode()))
    described = [
        (b"content-type", found.media_type.encode()),
        (b"content-security-policy", found.policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"accept-ranges", b"none"),
    ]
    tags = {coding: tag + suffix for coding, suffix in _SUFFIXES.items()}
    unchanged = {one: (_etag(one), *always) for one in tags.values()}
    return Served(path, file, stamp, modified, tags, (*always, *described), unchanged)


def full_headers(served: Served, coding: Coding, length: int) -> Headers:
    """Return the headers that a body of this file is sent with."""
    coded = () if coding == "identity" else ((b"content-encoding", coding.encode()),)
    return (_etag(served.tags[coding]), *served.headers, *coded, (b"content-length", str(length).encode()))


def _etag(tag: bytes) -> tuple[bytes, bytes]:
    return b"etag", b'"%b"' % tag


def _compressed(plain: Body, served: Served, coding: Coding) -> Body:
    """In a thread: the same bytes for the same content, so that the tag is a strong one."""
    data = _COMPRESS[coding](plain.data)
    return Body(plain.tag, full_headers(served, coding, len(data)), data)
