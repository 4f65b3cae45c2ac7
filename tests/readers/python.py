"""The readers on PyPI: rss2email, feed2exec and reader. All three read XML by a feedparser of their own."""

import email
import email.policy
import json
import mailbox
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from readers.seen import Check, Reader, ReaderError, Seen, Tools, at

PACKAGES = ("rss2email", "feed2exec", "reader", "sgmllib3k")  # reader's own feedparser imports sgmllib and does not ask

_RSS2EMAIL = """[DEFAULT]
email-protocol = maildir
maildir-path = {mail}
maildir-mailbox = INBOX
from = us@feeds.example.org
to = me@feeds.example.org
name-format = {{author}}
date-header = True
date-header-order = issued, modified
"""

_READER = """
import json, sys
from reader import make_reader
reader = make_reader(":memory:")
for url in sys.argv[1:]:
    reader.add_feed(url)
for updated in reader.update_feeds_iter():
    if isinstance(updated.value, Exception):
        raise updated.value
print(json.dumps({url: [
    [entry.title, entry.link, entry.published.timestamp(), entry.authors_str or ""]
    for entry in reader.get_entries(feed=url)
] for url in sys.argv[1:]}))
"""


def rss2email(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
    """Mails: the subject is the title, the sender's name the author; the link stands in a header."""
    seen = {}
    for form, url in urls.items():
        folder = home / form
        (folder / "mail").mkdir(parents=True)
        (folder / "config").write_text(_RSS2EMAIL.format(mail=folder / "mail"))
        files = ("-c", str(folder / "config"), "-d", str(folder / "data"))
        tools.run(folder, "r2e", *files, "add", "it", url)
        tools.run(folder, "r2e", *files, "run")
        box = mailbox.Maildir(folder / "mail" / "INBOX", create=False)
        seen[form] = [_mail(box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118  no mapping: it iterates values
    return seen


def _mail(body: bytes) -> Seen:
    mail = email.message_from_bytes(body, policy=email.policy.default)
    date = parsedate_to_datetime(mail["date"]).replace(tzinfo=UTC)  # "-0000": UTC, and of no known place
    return Seen(mail["subject"], mail["x-rss-url"], date, mail["from"].addresses[0].display_name)


def feed2exec(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
    """It hands each item to a program of the user's choice: here one that prints it."""
    seen = {}
    for form, url in urls.items():
        files = ("--config", str(home / f"{form}.ini"), "--database", str(home / f"{form}.db"))
        tools.run(home, "feed2exec", *files, "add", form, url, "--output", "json")
        lines = tools.run(home, "feed2exec", *files, "fetch").splitlines()
        seen[form] = [_item(json.loads(line)) for line in lines]
    return seen


def _item(item: dict[str, Any]) -> Seen:
    return Seen(item["title"], item["link"], at(timegm(item["published_parsed"])), item.get("author", ""))


def reader(tools: Tools, home: Path, urls: Mapping[str, str]) -> dict[str, list[Seen]]:
    """A library, called as its documentation shows."""
    found = json.loads(tools.run(home, "python", "-c", _READER, *urls.values()))
    return {
        form: [Seen(title, link, at(date), author) for title, link, date, author in found[url]]
        for form, url in urls.items()
    }


def _imports(module: str) -> Check:
    def is_installed(tools: Tools) -> bool:
        try:
            tools.run(tools.folder, "python", "-c", f"import {module}")
        except ReaderError:
            return False
        return True

    return is_installed


READERS = (
    Reader("rss2email", ("atom", "rss"), lambda tools: bool(tools.program("r2e")), rss2email),
    Reader("feed2exec", ("atom", "rss"), lambda tools: bool(tools.program("feed2exec")), feed2exec),
    Reader("reader", ("atom", "rss", "json"), _imports("reader"), reader),
)
