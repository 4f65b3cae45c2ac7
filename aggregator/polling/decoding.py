"""Undoes one Content-Encoding in small steps, within a limit on what comes in and on what comes out; no network here.

httpx turns 809 bytes of brotli into 2 GB; here a step gives a few MB at most, and between two the caller may breathe.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types
import zstandard

STEP = 1 << 18  # bytes out of one step: about a millisecond of work
_ZSTD_SLICE = 256  # bytes in: four bytes of zstd may stand for a block of 128 KB, so this gives 8 MB at most
_ZSTD_WINDOW = 8 << 20  # RFC 9659: no more may be asked of a web client
_MEMBERS = 1_000  # of gzip, or frames of zstd, in one body


class UndecodableError(Exception):
    """A body that is too large, broken, cut short, or in a coding we do not take; the message is for a person."""


class _Coding(Protocol):
    def steps(self, wire: bytes) -> Iterator[bytes]: ...

    @property
    def whole(self) -> bool: ...


class Decoder:
    """Collects one body: `feed` it what arrives, run what it yields to the end, then ask for the `result`."""

    def __init__(self, content_encoding: str, max_bytes: int, announced: int = 0) -> None:
        """`max_bytes` is for the wire and for the decoded body alike; `announced` is what Content-Length says.

        Raises UndecodableError before anything is read, where that can be known.
        """
        self._coding = _coding(content_encoding)
        self._name = content_encoding.strip().lower()
        self._limit = max_bytes
        self._wire = 0
        self._size = 0
        self._pieces: list[bytes] = []
        self._check(announced)

    def feed(self, wire: bytes) -> Iterator[int]:
        """Take what arrived and yield the size of each piece decoded; between two the caller may let others run.

        Raises UndecodableError.
        """
        self._wire += len(wire)
        self._check(self._wire)
        try:
            for piece in self._coding.steps(wire):
                self._size += len(piece)
                self._check(self._size)
                self._pieces.append(piece)
                yield len(piece)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise UndecodableError(f"the body is not the {self._name} that its Content-Encoding says") from error

    def result(self) -> bytes:
        """Return the whole body. Raises UndecodableError where the coding's own end did not come."""
        if not self._coding.whole:
            raise UndecodableError(f"the {self._name} body broke off before its end")
        return b"".join(self._pieces)

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise UndecodableError(f"the body is larger than {self._limit / 1_000_000:g} MB")


def _coding(content_encoding: str) -> _Coding:
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    if len(names) > 1:
        raise UndecodableError("the body is encoded more than once, which is refused")  # 16 KB of gzip, gzip held 10 GB
    match names:
        case []:
            return _Plain()
        case ["gzip" | "x-gzip"]:
            return _Gzip()
        case ["deflate"]:
            return _Deflate()
        case ["br"]:
            return _Brotli()
        case ["zstd"]:
            return _Zstd()
    raise UndecodableError(f"the body has the unknown Content-Encoding {names[0][:40]!r}")


class _Plain:
    whole = True

    def steps(self, wire: bytes) -> Iterator[bytes]:
        yield wire


class _Gzip:
    """RFC 1952: any number of members one after the other; zeros or rubbish after the last are passed over."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1

    @property
    def whole(self) -> bool:
        return self._member.eof

    def steps(self, wire: bytes) -> Iterator[bytes]:
        rest, size = wire, 0
        while rest or size == STEP:  # a full step may have left output behind where no input is left
            if self._member.eof and not self._another(rest):
                return
            piece = self._member.decompress(rest, STEP)
            rest, size = self._member.unused_data or self._member.unconsumed_tail, len(piece)
            yield piece

    def _another(self, rest: bytes) -> bool:
        if not rest.startswith(b"\x1f"):
            return False
        self._member = zlib.decompressobj(wbits=31)
        self._members += 1
        if self._members > _MEMBERS:
            raise UndecodableError("the gzip body has an absurd number of members")
        return True


class _Deflate:
    """`deflate` is zlib by the standard (RFC 9110 §8.4.1.2) and raw from some servers; its first bytes tell which."""

    def __init__(self) -> None:
        self._start = b""
        self._inflate = zlib.decompressobj()

    @property
    def whole(self) -> bool:
        return self._inflate.eof

    def steps(self, wire: bytes) -> Iterator[bytes]:
        rest = wire
        if len(self._start) < 2:
            rest = self._start + wire
            self._start = rest[:2]
            if len(self._start) < 2:
                return
            if self._start[0] & 15 != 8 or int.from_bytes(self._start) % 31:
                self._inflate = zlib.decompressobj(wbits=-15)
        size = 0
        while (rest or size == STEP) and not self._inflate.eof:
            piece = self._inflate.decompress(rest, STEP)
            rest, size = self._inflate.unconsumed_tail, len(piece)
            yield piece


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()

    @property
    def whole(self) -> bool:
        return bool(self._decoder.is_finished())

    def steps(self, wire: bytes) -> Iterator[bytes]:
        if self.whole:
            return
        piece = self._decoder.process(wire, output_buffer_limit=STEP)
        yield piece
        while not self.whole and (piece or not self._decoder.can_accept_more_data()):
            piece = self._decoder.process(b"", output_buffer_limit=STEP)
            yield piece


class _Zstd:
    """RFC 8878. The library has no limit on what one call gives, so it is fed slices that cannot hold much."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._decompressor.decompressobj()
        self._frames = 1

    @property
    def whole(self) -> bool:
        return self._frame.eof

    def steps(self, wire: bytes) -> Iterator[bytes]:
        for start in range(0, len(wire), _ZSTD_SLICE):
            rest = wire[start : start + _ZSTD_SLICE]
            while rest:
                if self._frame.eof:
                    self._another()
                yield self._frame.decompress(rest)
                rest = self._frame.unused_data

    def _another(self) -> None:
        self._frame = self._decompressor.decompressobj()
        self._frames += 1
        if self._frames > _MEMBERS:
            raise UndecodableError("the zstd body has an absurd number of frames")
