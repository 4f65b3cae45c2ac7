"""Feeds on many loopback addresses, served by nginx: from a folder of real ones, else made of the same shape."""

import os
import random
import re
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aggregator.reading.scan import RefusedError, scan

_SHARE_NEW = 20  # one item in so many is new where a feed has changed
_OLD, _NEW = 1_770_000_000, 1_770_003_600  # when the files were last changed: the same for all, so that curl can ask
_KEPT = re.compile(rb"<!\[CDATA\[|\]\]>|<[^>]*>|&lt;.*?&gt;|&[#\w]+;|https?://[^\s<]+|[a-z]{4,}", re.DOTALL)
_WORDS = "the of and a to in is was he for it with as his on be at by river council market vote train harbour"

Body = tuple[str, bytes]  # with the suffix of its file's name first

_CONFIG = """
worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    types {{ application/xml xml; application/json json; }}
    log_format short '$status'; access_log {folder}/access.log short buffer=32k flush=200ms;
    client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp; fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
    open_file_cache max=8000 inactive=600s; open_file_cache_valid 1s; sendfile on; tcp_nopush on;
    server {{ listen 0.0.0.0:{port} backlog=4096; root {folder}/feeds; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Web:
    """Feeds that are being served; `urls` has each on an address of its own."""

    folder: Path
    urls: tuple[str, ...]
    modified: str = "Mon, 02 Feb 2026 02:40:00 GMT"  # of _OLD

    def answers(self) -> Counter[str]:
        """Return how many answers of each status there were since it was last asked."""
        time.sleep(0.4)
        log = self.folder / "access.log"
        counted = Counter(log.read_text().split())
        os.truncate(log, 0)
        return counted

    def change(self) -> None:
        """Let every feed have new items, one in twenty and at least one; the oldest drop out."""
        for path in sorted((self.folder / "feeds").iterdir()):
            path.write_bytes(with_news(path.read_bytes()))
            os.utime(path, (_NEW, _NEW))
        time.sleep(1.5)  # nginx looks at its files again after a second

    def restore(self) -> None:
        """Let every feed be again what it was at first."""
        for path in (self.folder / "feeds").iterdir():
            path.write_bytes((self.folder / "first" / path.name).read_bytes())
            os.utime(path, (_OLD, _OLD))
        time.sleep(1.5)


@contextmanager
def served(bodies: Sequence[Body], number: int) -> Iterator[Web]:
    """Serve so many feeds for as long as the block lasts: editions of these, where they are fewer."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx, started by root, serves as another user
        for part in ("feeds", "first", "tmp"):
            (folder / part).mkdir()
        urls, port = [], _free_port()
        for place in range(number):
            suffix, body = bodies[place % len(bodies)]
            path = folder / "first" / f"{place}{suffix}"
            path.write_bytes(distinct(body, place // len(bodies)))
            host = f"127.{1 + place // 62500}.{place // 250 % 250}.{1 + place % 250}"
            urls.append(f"http://{host}:{port}/{path.name}")
        (folder / "access.log").touch()
        (folder / "nginx.conf").write_text(_CONFIG.format(folder=folder, port=port))
        web = Web(folder, tuple(urls))
        for path in (folder / "first").iterdir():
            (folder / "feeds" / path.name).touch()
        web.restore()
        server = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
        try:
            time.sleep(0.5)
            if server.poll() is not None:
                raise RuntimeError(f"nginx does not start: {(folder / 'error.log').read_text()}")
            yield web
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.create_server(("0.0.0.0", 0)) as server:
        return int(server.getsockname()[1])


def bodies_of(corpus: Path) -> list[Body]:
    """Return every feed of a folder."""
    paths = sorted(path for path in corpus.iterdir() if path.suffix in (".xml", ".json", ".atom", ".rss"))
    return [(".json" if path.suffix == ".json" else ".xml", path.read_bytes()) for path in paths]


def made_feeds(*, short: bool) -> list[Body]:
    """Return feeds of made-up words with the shape of real ones: 10 to 40 items of 200 to 4,000 bytes."""
    return [_made_feed(seed, (1, 3) if short else (10, 40)) for seed in range(1_000 if short else 250)]


def _made_feed(seed: int, items_between: tuple[int, int]) -> Body:
    chance = random.Random(seed)
    items = "".join(_made_item(chance, f"{seed}-{number}") for number in range(chance.randint(*items_between)))
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed {seed}</title>'
    return ".xml", f"{text}<link>https://{seed}.example/</link>{items}</channel></rss>".encode()


def _made_item(chance: random.Random, name: str) -> str:
    vocabulary = _WORDS.split()
    words = [chance.choice(vocabulary) + str(chance.randint(0, 300)) for _ in range(chance.randint(20, 500))]
    text = " ".join(words)
    return (
        f"<item><title>{' '.join(words[:8])}</title><link>https://made.example/{name}</link><guid>{name}</guid>"
        f"<pubDate>Mon, 02 Feb 2026 {chance.randint(0, 23):02}:00:00 GMT</pubDate>"
        f"<description>&lt;p&gt;{text}&lt;/p&gt;</description></item>\n"
    )


def distinct(body: bytes, edition: int) -> bytes:
    """Return another edition of a feed, no copy of the first: its ids and links are its own, and so are its words."""
    found = _ranges(body)
    if not edition or not found:
        return body
    pieces, position = [], 0
    for start, end in found:
        pieces += [body[position:start], _renamed(_in_other_words(body[start:end], edition), f"e{edition}")]
        position = end
    return b"".join([*pieces, body[position:]])


def with_news(body: bytes) -> bytes:
    """Return the feed with new items at its head, and as many fewer at its end."""
    found = _ranges(body)
    if not found:
        return body
    news = max(1, round(len(found) / _SHARE_NEW))
    fresh = b"\n".join(_renamed(body[start:end], f"n{number}") for number, (start, end) in enumerate(found[:news]))
    head, kept, tail = body[: found[0][0]], body[found[0][0] : found[-news][0]], body[found[-1][1] :]
    return head + fresh + kept + tail


def _ranges(body: bytes) -> tuple[tuple[int, int], ...]:
    try:
        found = scan(body)
    except RefusedError:
        return ()
    return found.ranges if not found.error else ()


def _renamed(item: bytes, mark: str) -> bytes:
    """An item under another id, link and title."""
    end = mark.encode()
    item = re.sub(rb"(</(?:\w+:)?(?:guid|id|title)>)", end + rb"\1", item)
    item = re.sub(rb"(</link>)", b"?" + end + rb"\1", item)
    return re.sub(rb"""(<link\b[^>]*href=["'][^"']*)""", rb"\1#" + end, item)


def _in_other_words(item: bytes, edition: int) -> bytes:
    """An item whose words of four letters and more have other letters; mark-up, links and dates stay."""
    by = edition % 25 + 1
    letters = bytes(range(97, 123))
    table = bytes.maketrans(letters, letters[by:] + letters[:by])
    return _KEPT.sub(lambda found: found[0].translate(table) if found[0].isalpha() else found[0], item)
