"""HTTP/1.1 as bytes: a request to send, and a response out of what comes; only this file parses with httptools."""

import re
from collections.abc import Iterable

import httptools

_HEADER_BYTES = 256 * 1024
_HEADER_LINES = 500  # and what one read may hold: tens of thousands would hold the loop up
_INFORMATIONAL = 10  # 1xx answers before the real one
_BLANK = re.compile(rb"\r?\n\r?\n")
_INTERIM = re.compile(rb"\s*HTTP/1\.\d 1\d\d\b.*?" + _BLANK.pattern, re.DOTALL)
_FRAMING, _WORTH = 1_000_000, 16  # bytes of a body on the wire, from which on one in sixteen must be the body itself


class MalformedError(Exception):
    """It is no HTTP that can be relied on; the message says what the server does, and its subject goes before it."""


def written(method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
    """Return a request. Raises ValueError where what is given would be another one."""
    lines = [method.encode("ascii") + b" " + target + b" HTTP/1.1", *(b"%b: %b" % header for header in headers)]
    head = b"\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count(b"\r") != breaks or head.count(b"\n") != breaks or b"\0" in head or b" " in target:
        raise ValueError("a line break or a space where there can be none")
    return head + b"\r\n\r\n" + body


class Incoming:
    """A response that is coming in: `status` and `headers` hold once `headed`, and the body is there when `complete`.

    Servers that write HTTP carelessly are read: a connection is used once, so nobody can smuggle anything in.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.headed = self.complete = False
        self._counted = self._framed = self._more = False
        self._body: list[bytes] = []
        self._size = self._wire = self._lines = self._interim = 0
        self._problem = ""
        self._head = b""
        self._http = _parser(self)

    def feed(self, data: bytes) -> None:
        """Take in what has come; nothing is no more than that. Raises MalformedError."""
        in_head = not self.headed
        if in_head:
            self._head += data
        self._parse(data)
        problem = self._problem or self._excess(data, in_head=in_head)
        if problem:
            raise MalformedError(problem)

    def end(self) -> None:
        """Say that nothing more comes. Raises MalformedError where something is missing."""
        if not self.headed or self._counted or self._framed:
            when = "in the middle of its answer" if self._head else "without an answer"
            raise MalformedError(f"closed the connection {when}")
        self.complete = True

    def take(self) -> bytes:
        """Return what has come of the body since the last time."""
        taken, self._body = b"".join(self._body), []
        self._size += len(taken)
        return taken

    def _parse(self, data: bytes) -> None:
        try:
            self._http.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._problem = "wants to speak another protocol than HTTP/1.1"
        except httptools.HttpParserError as error:
            head = self._head if self.headed else _one_length(self._head)
            if head != self._head:
                self._head, self.headers, self._http = head, [], _parser(self)
                self._parse(head)
            elif not self.complete:
                self._problem = self._problem or f"does not answer in valid HTTP ({str(error)[:100]})"

    def _excess(self, data: bytes, *, in_head: bool) -> str:
        """What there is too much of, or ""."""
        self._wire += len(data)
        if in_head:
            self._lines += data.count(b"\n")
            if not self.headed and self._lines > _HEADER_LINES:
                return f"answers with more than {_HEADER_LINES} header lines"
            if not self.headed and self._wire > _HEADER_BYTES:
                return f"answers with more than {_HEADER_BYTES // 1024} KB of headers"
        elif self._wire > _FRAMING and self._wire > _WORTH * (self._size + sum(map(len, self._body))):
            return "sends the body in absurdly small pieces"
        return "sends more than its Content-Length says" if self._more and self._counted else ""

    # -- What the parser calls ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Note whether this is one message too many."""
        self._more = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep it, unless it comes after the body."""
        if not self.headed:
            self.headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """Take it for the answer's head, or an interim response's, which is not kept."""
        status = self._http.get_status_code()
        if self.complete:
            return
        if 100 <= status < 200:
            self._interim += 1
            self._lines = self._wire = 0
            self.headers = []
            if status == 101:
                self._problem = "wants to speak another protocol than HTTP/1.1"
            elif self._interim > _INFORMATIONAL:
                self._problem = f"answers with more than {_INFORMATIONAL} interim responses"
        else:
            self.status, self.headed = status, True
            self._judge()

    def on_body(self, piece: bytes) -> None:
        """Keep it."""
        if not self.complete:
            self._body.append(piece)

    def on_message_complete(self) -> None:
        """Note that nothing is missing; of an interim response it means nothing."""
        self.complete = self.headed

    def _judge(self) -> None:
        codings = {value.lower() for name, value in self.headers if name == b"transfer-encoding"}
        self._framed = bool(codings)
        self._counted = not codings and any(name == b"content-length" for name, _ in self.headers)
        if codings - {b"chunked"}:
            self._problem = "does not answer in valid HTTP (a Transfer-Encoding other than chunked)"
        elif not self.status or any(b"\0" in value for _, value in self.headers):
            self._problem = "does not answer in valid HTTP (a status of 0, or a NUL in a header)"


def _one_length(head: bytes) -> bytes:
    """Return the head with one Content-Length where it has the same several times, as some servers write it.

    It is the answer's alone: interim responses before it are left out.
    """
    while interim := _INTERIM.match(head):
        head = head[interim.end() :]
    blank = _BLANK.search(head)
    end = blank.start() if blank else len(head)
    kept: list[bytes] = []
    for line in re.split(rb"\r?\n", head[:end]):
        if not (line.lower().startswith(b"content-length:") and line.lower() in map(bytes.lower, kept)):
            kept.append(line)
    return b"\r\n".join(kept) + head[end:]


def _parser(told: Incoming) -> httptools.HttpResponseParser:
    parser = httptools.HttpResponseParser(told)
    parser.set_dangerous_leniencies(
        lenient_headers=True,
        lenient_chunked_length=True,
        lenient_keep_alive=True,
        lenient_transfer_encoding=True,
        lenient_version=True,
        lenient_optional_lf_after_cr=True,
        lenient_optional_cr_before_lf=True,
        lenient_optional_crlf_after_chunk=True,
        lenient_spaces_after_chunk_size=True,
    )
    return parser
