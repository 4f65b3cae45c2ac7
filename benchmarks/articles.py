"""How well pasted articles and saved pages are read: scores against articles marked by hand.

    python benchmarks/articles.py FOLDER [--half 0|1]

FOLDER holds `pasted/*.txt`, `gold/*.txt` (headline, then the body) and `html/*.html` under the same names. One line an
article: the F1 of the words of its content, its recall, whether the title is exact, and the F1 of the raw pasted text,
of trafilatura on the page and of our reader on the page. `--half` takes the sites of one half only, by a hash of their
names, so that the other half can stay unseen.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from statistics import mean, median

import trafilatura

from aggregator.model import Item, Unreadable
from aggregator.reading.article import read_article
from aggregator.reading.html import plain_text
from aggregator.reading.page import read_page

# What no article ends with; counted where the gold does not have it.
_LEFTOVERS = (
    "leave a reply", "leave a comment", "your email address will not be published", "required fields are marked",
    "check also", "you may also like", "you might also like", "all rights reserved", "sign up for", "subscribe to our",
    "subscribe now", "share this article", "share this", "related articles", "related stories", "read more:",
    "privacy policy", "terms of use", "terms of service", "cookie policy", "most read", "most popular", "trending",
    "post a comment", "follow us on", "advertisement", "newsletter", "copyright", "©",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """The words of a text against those of the gold, as a bag."""

    f1: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Row:
    """One article's scores; the pages' are None where there is no page."""

    name: str
    ours: Score
    title: bool
    leftovers: tuple[str, ...]
    raw: Score
    trafilatura: Score | None
    page: Score | None


def main() -> None:
    """Print the table and its summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1))
    arguments = parser.parse_args()
    rows = list(_rows(arguments.folder, arguments.half))
    for row in rows:
        _print(row)
    _summary(rows)
    _speed(arguments.folder)


def _rows(folder: Path, half: int | None) -> Iterator[Row]:
    for pasted in sorted((folder / "pasted").glob("*.txt")):
        site = pasted.name.split("--")[0]
        if half in {None, int(md5(site.encode()).hexdigest(), 16) % 2}:
            yield _row(pasted, folder / "gold" / pasted.name, folder / "html" / f"{pasted.stem}.html")


def _row(pasted: Path, gold: Path, html: Path) -> Row:
    text = pasted.read_text(encoding="utf-8")
    headline, _, body = gold.read_text(encoding="utf-8").strip().partition("\n")
    item = _item(read_article(text))
    content = plain_text(item.content)
    page = html.read_bytes() if html.exists() else None
    return Row(
        pasted.stem,
        score(content, body),
        item.title == headline.strip(),
        tuple(phrase for phrase in _LEFTOVERS if phrase in _tail(content) and phrase not in body.lower()),
        score(text, body),
        score(trafilatura.extract(page, include_comments=False) or "", body) if page else None,
        score(plain_text(_item(read_page(page)).content), body) if page else None,
    )


def _item(read: Item | Unreadable) -> Item:
    return Item("") if isinstance(read, Unreadable) else read


def _tail(content: str) -> str:
    """The last words of an article, among which a leftover would stand."""
    return content[-400:].lower()


def score(text: str, gold: str) -> Score:
    """Score a text by its words, each of which counts as often as it stands in both."""
    found, wanted = Counter(_words(text)), Counter(_words(gold))
    both = (found & wanted).total()
    if not both:
        return Score(0, 0, 0)
    precision, recall = both / found.total(), both / wanted.total()
    return Score(2 * precision * recall / (precision + recall), precision, recall)


def _words(text: str) -> list[str]:
    return re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|\w+", text.lower())


def _print(row: Row) -> None:
    pages = " ".join("    -" if found is None else f"{found.f1:.3f}" for found in (row.trafilatura, row.page))
    print(
        f"{row.name:44} {row.ours.f1:.3f} {row.ours.recall:.3f} {'=' if row.title else '≠'} "
        f"{row.raw.f1:.3f} {pages} {', '.join(row.leftovers)}"
    )


def _summary(rows: list[Row]) -> None:
    print(f"\n{'':24} {'median':>7} {'mean':>7} {'lowest':>7} {'<.70':>5} {'recall':>7} {'prec.':>7}")
    columns = {
        "pasted text, our reader": [row.ours for row in rows],
        "pasted text, raw": [row.raw for row in rows],
        "page, trafilatura": [row.trafilatura for row in rows if row.trafilatura],
        "page, our reader": [row.page for row in rows if row.page],
    }
    for name, scores in columns.items():
        f1 = [found.f1 for found in scores]
        if f1:
            print(
                f"{name:24} {median(f1):7.4f} {mean(f1):7.4f} {min(f1):7.3f} {sum(value < 0.7 for value in f1):5} "
                f"{mean(found.recall for found in scores):7.4f} {mean(found.precision for found in scores):7.4f}"
            )
    exact, left = sum(row.title for row in rows), sum(bool(row.leftovers) for row in rows)
    print(f"titles exact: {exact} of {len(rows)}; articles with a leftover at the end: {left}")


def _speed(folder: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder / "pasted").glob("*.txt"))]
    plain = [path.read_text(encoding="utf-8") for path in sorted((folder / "gold").glob("*.txt"))]
    for name, sample in (("pasted pages", texts), ("plain articles", plain)):
        started = time.perf_counter()
        for text in sample:
            read_article(text)
        taken = time.perf_counter() - started
        speed = sum(map(len, sample)) / taken / 1e6
        print(f"{name}: {len(sample) / taken:,.0f} files a second, {speed:.2f} million characters a second")


if __name__ == "__main__":
    main()
