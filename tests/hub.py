"""A WebSub hub on loopback, as the recommendation wants one: it verifies before it believes, and signs what it sends.

    with Hub() as hub:
        ...a feed names hub.url("/hub") and is subscribed to...
        hub.distribute(topic, body)

What publishers tell it is in `published`, what subscribers ask in `requests`, what callbacks answered to verification in
`verified`. Each path below it is the same hub under another name; "/moved/307/x" redirects to "/x".
"""

import hashlib
import hmac
import http.client
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from fakeweb import FakeWeb, Reply, Request, answer

TLS = Path(__file__).parent / "tls"
AUTHORITY = TLS / "authority.pem"


def certificate() -> ssl.SSLContext:
    """What a server on 127.0.0.1 shows, where AUTHORITY is trusted."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "good.pem")
    return context


@dataclass
class Known:
    """A subscriber that has confirmed."""

    topic: str
    callback: str
    secret: str
    lease: int


@dataclass
class Hub:
    """A hub; `lease` seconds are granted at most, `denies` and `mistakes` are topics it denies, or takes for another."""

    tls: bool = True
    lease: int = 864_000
    denies: set[str] = field(default_factory=set)
    mistakes: set[str] = field(default_factory=set)
    refuses: int = 0
    on_publish: Callable[[str], None] = lambda topic: None
    published: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    verified: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._web = FakeWeb({}, certificate() if self.tls else None)
        self._web.script = Everywhere(self._answer)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for thread in self._threads:
            thread.join(10)
        self._web.__exit__(kind, error, trace)

    def url(self, path: str = "/hub") -> str:
        """Its URL."""
        return self._web.url(path)

    @property
    def heard(self) -> list[Request]:
        """All requests, as they came."""
        return self._web.requests

    def subscribers(self, topic: str) -> list[Known]:
        """Who has confirmed a subscription to a topic."""
        return [one for one in self.known.values() if one.topic == topic]

    def distribute(
        self, topic: str, body: bytes, content_type: str = "application/rss+xml", sign: str = "sha256", key: str = ""
    ) -> list[int]:
        """Send the content of a topic to its subscribers, signed as they asked; return what they answered."""
        statuses = []
        for one in self.subscribers(topic):
            headers = {"Content-Type": content_type, "Link": f'<{self.url()}>; rel="hub", <{topic}>; rel="self"'}
            if one.secret and sign:
                digest = hmac.new((key or one.secret).encode(), body, getattr(hashlib, sign)).hexdigest()
                headers["X-Hub-Signature"] = f"{sign}={digest}"
            statuses.append(send("POST", one.callback, body, headers)[0])
        return statuses

    def _answer(self, request: Request) -> Reply:
        path, _, query = request.target.partition("?")
        if path.startswith("/moved/"):
            _, _, status, onward = path.split("/", 3)
            return answer(int(status), Location=f"/{onward}")
        form = dict(parse_qsl(request.body.decode()))
        if form.get("hub.mode") == "publish":
            if self.refuses:
                self.refuses -= 1
                return answer(503)
            self.on_publish(form["hub.url"])
            self.published.append(form["hub.url"])
            return answer(204)
        self.requests.append({**form, "at": request.target})
        if query or not {"hub.callback", "hub.topic"} <= set(form) or len(form.get("hub.secret", "")) >= 200:
            return answer(400, b"no")
        verifying = threading.Thread(target=self._verify, args=[form], daemon=True)
        self._threads.append(verifying)
        verifying.start()
        return answer(202)

    def _verify(self, form: dict[str, str]) -> None:
        topic, callback, mode = form["hub.topic"], form["hub.callback"], form["hub.mode"]
        if topic in self.denies:
            self.verified[topic] = ask(callback, {"hub.mode": "denied", "hub.topic": topic, "hub.reason": "not here"})
            return
        lease = min(self.lease, int(form.get("hub.lease_seconds", self.lease)))
        asked = topic + "/another" if topic in self.mistakes else topic
        challenge = f"challenge-{time.monotonic_ns()}"
        query = {"hub.mode": mode, "hub.topic": asked, "hub.challenge": challenge, "hub.lease_seconds": str(lease)}
        status, body = ask(callback, query)
        self.verified[topic] = status, body
        if 200 <= status < 300 and body == challenge.encode():
            if mode == "subscribe":
                self.known[callback] = Known(topic, callback, form.get("hub.secret", ""), lease)
            else:
                self.known.pop(callback, None)


class Everywhere(dict[str, list[Reply]]):
    """A script with one reply for every path."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self._reply = [reply]

    def __contains__(self, key: object) -> bool:
        return True

    def get(self, key: str, default: object = None) -> list[Reply]:  # type: ignore[override]  # there is no other
        """The reply."""
        return self._reply


def ask(callback: str, query: dict[str, str]) -> tuple[int, bytes]:
    """A hub's GET at a callback: (status, body)."""
    return send("GET", f"{callback}{'&' if '?' in callback else '?'}{urlencode(query)}")


def send(
    method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None, *, chunked: bool = False
) -> tuple[int, bytes]:
    """One request; 0 where the other side closed the connection before it had said anything."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        content = iter([body]) if chunked else body or None
        connection.request(method, target, content, headers or {}, encode_chunked=chunked)
        response = connection.getresponse()
        return response.status, response.read()
    except (BrokenPipeError, ConnectionResetError):
        return 0, b""
    finally:
        connection.close()
