"""What is sent is one request, whatever it is made of."""

import pytest

from aggregator.polling.messages import written


def test_a_request_is_written_as_it_is_given() -> None:
    """RFC 9112 §3: a line, the headers, a blank line, the body."""
    assert (
        written("POST", b"/a?b", [(b"Host", b"x"), (b"E", b"")], b"c")
        == b"POST /a?b HTTP/1.1\r\nHost: x\r\nE: \r\n\r\nc"
    )


@pytest.mark.parametrize(
    ("target", "header"),
    [
        (b"/a b", (b"X", b"y")),
        (b"/a\r\nX: y", (b"X", b"y")),
        (b"/", (b"X", b"y\r\nZ: z")),
        (b"/", (b"X\nZ", b"y")),
        (b"/", (b"X", b"y\rz")),
        (b"/", (b"X", b"y\0")),
    ],
)
def test_nothing_can_be_slipped_into_a_request(target: bytes, header: tuple[bytes, bytes]) -> None:
    """A line break in a URL or a validator makes no second header."""
    with pytest.raises(ValueError, match="line break"):
        written("GET", target, [header])
