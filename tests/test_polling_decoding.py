"""Content codings: right results, within bounds, in small steps."""

import gzip
import time
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from aggregator.polling.decoding import Decoder, UndecodableError

MB = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    """`deflate` as some servers understand it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "identity": ("", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": (" X-GZIP ", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
    "with identity": ("identity, gzip", gzip.compress),
}
BODY = b"<rss>" + bytes(range(256)) * 2000 + b"</rss>"


def decode(coding: str, wire: bytes, max_bytes: int = MB, size: int = 1000) -> bytes:
    """Feed the wire bytes in pieces of `size`."""
    decoder = Decoder(coding, max_bytes)
    for start in range(0, len(wire), size):
        for _ in decoder.feed(wire[start : start + size]):
            pass
    return decoder.result()


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("size", [1, 7, 1000, 10**9])
def test_every_coding_in_any_pieces(name: str, size: int) -> None:
    """However the network cuts it, the body comes out whole."""
    coding, encode = CODINGS[name]
    body = BODY if size > 1 else BODY[:2000]
    assert decode(coding, encode(body), size=size) == body


@given(st.binary(max_size=5000), st.integers(1, 5000), st.sampled_from(sorted(CODINGS)))
def test_what_was_encoded_is_decoded(body: bytes, size: int, name: str) -> None:
    """For every body, every coding and every cut."""
    coding, encode = CODINGS[name]
    assert decode(coding, encode(body), size=size) == body


@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_rubbish_is_a_named_error(wire: bytes, coding: str) -> None:
    """Whatever the bytes, they come to a body within the bound or to an UndecodableError, which says why."""
    try:
        found: bytes | str = decode(coding, wire)
    except UndecodableError as error:
        found = str(error)
    assert len(found) <= MB if isinstance(found, bytes) else found


@pytest.mark.parametrize(
    ("coding", "wire"),
    [
        ("gzip", gzip.compress(b"one") + gzip.compress(b"two")),
        ("zstd", zstandard.compress(b"one") + zstandard.compress(b"two")),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_all_members_count(coding: str, wire: bytes, size: int) -> None:
    """A body of several gzip members or zstd frames is all of them (httpx takes the first only)."""
    assert decode(coding, wire, size=size) == b"onetwo"


@pytest.mark.parametrize("rest", [b"\0" * 100, b"\r\n", b"\x1f"])
def test_padding_after_gzip_is_passed_over(rest: bytes) -> None:
    """Zeros and rubbish after the last member are no part of the body."""
    wire = gzip.compress(b"one") + rest
    if rest == b"\x1f":
        with pytest.raises(UndecodableError):
            decode("gzip", wire)
    else:
        assert decode("gzip", wire) == b"one"


@pytest.mark.parametrize("name", ["gzip", "zlib", "raw deflate", "br", "zstd"])
@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_body_cut_short_is_an_error(name: str, cut: int) -> None:
    """A truncated body is never taken for a whole one: its validators would hide the rest for ever."""
    coding, encode = CODINGS[name]
    with pytest.raises(UndecodableError):
        decode(coding, encode(BODY)[:-cut])
    with pytest.raises(UndecodableError):
        decode(coding, b"")


@pytest.mark.parametrize(
    "coding", ["gzip, gzip", "br,gzip", "gzip, identity, br", "compress", "aes128gcm", "utf-8", "x" * 10_000]
)
def test_stacked_and_unknown_codings_are_refused(coding: str) -> None:
    """More than one coding, or one that is not advertised, is refused before a byte is read."""
    with pytest.raises(UndecodableError) as error:
        Decoder(coding, MB)
    assert len(str(error.value)) < 120


@pytest.mark.parametrize("name", CODINGS)
def test_the_limit_is_for_the_decoded_body(name: str) -> None:
    """A body of the very limit is taken, one byte more is not."""
    coding, encode = CODINGS[name]
    body = b"a" * 20_000
    assert decode(coding, encode(body), max_bytes=20_000) == body
    with pytest.raises(UndecodableError, match="larger than"):
        decode(coding, encode(body), max_bytes=19_999)


def test_an_announced_size_is_enough() -> None:
    """A Content-Length over the limit refuses the body before it is read."""
    with pytest.raises(UndecodableError, match="larger than 1 MB"):
        Decoder("", MB, announced=MB + 1)


def bomb(coding: str) -> bytes:
    """A body of 200 MB of zeros."""
    zeros, times = bytes(MB), 200
    if coding == "br":
        packer = brotli.Compressor(quality=5)
        return b"".join([packer.process(zeros) for _ in range(times)]) + packer.finish()
    if coding == "zstd":
        packer = zstandard.ZstdCompressor(level=19).compressobj()
    else:
        packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    return b"".join([packer.compress(zeros) for _ in range(times)]) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bombs_stop_at_the_limit_in_short_steps(coding: str) -> None:
    """Each of these bodies of 200 MB ends at the limit, having given a few MB at most, no step longer than 50 ms."""
    wire = bomb(coding)
    decoder = Decoder(coding, 10 * MB)
    steps = [(time.thread_time(), 0)]

    def defuse() -> None:
        for start in range(0, len(wire), 65536):
            steps.extend((time.thread_time(), size) for size in decoder.feed(wire[start : start + 65536]))

    with pytest.raises(UndecodableError, match="larger than 10 MB"):
        defuse()
    assert max(after - before for (before, _), (after, _) in pairwise(steps)) < 0.05
    assert max(size for _, size in steps) <= 9 * MB


def test_a_window_larger_than_the_webs_is_refused() -> None:
    """A zstd frame that asks for 128 MB of memory is refused (RFC 9659 allows 8)."""
    wide = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(UndecodableError):
        decode("zstd", packer.compress(BODY) + packer.flush())


def test_a_thousand_members_are_enough() -> None:
    """Empty gzip members cost a decoder each and bring nothing."""
    with pytest.raises(UndecodableError, match="absurd"):
        decode("gzip", gzip.compress(b"") * 1001, size=65536)
