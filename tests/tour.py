"""Takes the pictures that docs/README.md opens with, from the pages of a small demonstration.

    python tests/tour.py [--install] [--tools DIR] [FOLDER]

Writes WebP files into FOLDER (docs/pictures if not given). Needs Chromium, and playwright and Pillow from PyPI; --install
fetches what is missing (Chromium only as root, from Debian). pytest does not collect it.
"""

import argparse
import io
import shutil
import site
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import installing
from loopback import free_port, serving
from pages_in_browser import FLAGS, SCREENS
from places import Place

ROOT = Path(__file__).parent.parent
_QUALITY = 72
_SHARP = {"desktop": 1.25, "phone": 1.5}  # pixels of the picture for each of the page
# (the picture's name, its page, the screen, the colours)
PICTURES = (
    ("index", "index.html", "desktop", "light"),
    ("index-dark", "index.html", "desktop", "dark"),
    ("topic", "harbours.html", "desktop", "light"),
    ("topic-dark", "harbours.html", "desktop", "dark"),
    ("topic-phone", "harbours.html", "phone", "light"),
    ("topic-phone-dark", "harbours.html", "phone", "dark"),
    ("status", "status.html#sources", "desktop", "light"),
    ("status-dark", "status.html#sources", "desktop", "dark"),
)

_FEEDS_TOML = """
[site]
title = "News from the coast"
base_url = "https://feeds.example.org/"
contact = "https://feeds.example.org/about"
[polling]
allow_private_addresses = true
host_delay = "0s"

[sources.gazette]
path = "gazette.rss"
title = "The Harbour Gazette"
priority = 10
[sources.courier]
path = "courier.rss"
title = "Northern Courier"
[sources.agency]
path = "agency.rss"
title = "Coast News Agency"
[sources.almanac]
url = "http://127.0.0.1:1/feed.xml"
title = "The Tide Almanac"
[sources.seeds]
path = "seeds"
title = "Saved articles"

[topics.harbours]
title = "Harbours and ferries"
description = "Everything that floats, or would like to"
any = ["harbour*", "ferry", "ferries", "pilots"]
[topics.weather]
title = "Weather at sea"
any = ["storm*", "gale*", "forecast*"]
[topics.diplomacy]
title = "Diplomacy"
any = ["embassy", "consulate*", "prisoner exchange*", "sanction*"]
[topics.all]
title = "Everything"
description = "Each article once, whoever has it"
"""

_HALF_HOUR = (
    "The ferry between the two towns will run every half hour from Monday, the harbour office said. Passengers had "
    "complained all winter of waits in the rain, and of a timetable that nobody could remember. Two boats that were "
    "laid up in October come back for it; a third is being painted, and is to follow before Easter."
)
# (which sources have it, title, hours ago, who wrote it, text)
_ARTICLES = (
    (("gazette", "courier", "agency"), "Ferry to run every half hour from Monday", 2, "Sarah Rain", _HALF_HOUR),
    (("courier",), "Harbour pilots call off their strike", 5, "Tom Keel",
     "After a night of talks the pilots go back to work. They keep their pensions, and give up the free boots. Ships "
     "that had anchored outside since Thursday come in with the evening tide, the grain first."),
    (("agency", "gazette"), "Storm warning lifted for the northern strait", 9, "Coast News Agency",
     "The storm has turned north-east, and the warning for small craft is lifted. The forecast for the weekend is a "
     "moderate breeze, good sight, and a swell that only those will notice who do not sail."),
    (("gazette",), "The crane that loaded four thousand ships is to stay", 20, "Ada Quay",
     "It has not moved for eleven years, and the town has voted to keep it where it is. The harbour museum will open "
     "its cabin on Sundays to whoever can climb the ladder."),
    (("courier",), "Why the tide tables were wrong for a week", 27, "Tom Keel",
     "A printer's error moved every column by one. Nobody ran aground, because nobody here reads them: the forecast "
     "hangs in the window of the bakery."),
    (("agency",), "New rules for nets in the inner harbour", 31, "Coast News Agency",
     "From spring on nets must carry a light after dark. The fishermen asked for it themselves, after the ferry had "
     "taken three of them to the other side."),
)  # fmt: skip


def main() -> int:
    """Publish the demonstration and take every picture; print their sizes."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        tools = options.tools or Path(folder) / "tools"
        if options.install:
            installing.from_pypi(tools, "playwright", "pillow")
            if not shutil.which("chromium"):
                installing.from_debian("chromium", "fonts-dejavu-core")
        for packages in tools.glob("venv/lib/python*/site-packages"):
            site.addsitedir(str(packages))
        place, port = Place(Path(folder) / "site"), free_port()
        place.folder.mkdir()
        _publish(place)
        options.folder.mkdir(exist_ok=True)
        with serving(place.folder / "feeds.toml", port), _browser() as browser:
            sizes = [_take(browser, port, picture, options.folder) for picture in PICTURES]
    print(f"{sum(sizes):,} bytes in {len(sizes)} pictures in {options.folder}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Takes the pictures of the docs.")
    parser.add_argument("--install", action="store_true", help="install what is missing")
    parser.add_argument("--tools", type=Path, metavar="DIR", help="where playwright and Pillow are, or will be")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", default=ROOT / "docs" / "pictures")
    return parser.parse_args()


def _publish(place: Place) -> None:
    """The demonstration by the real commands, its feeds from files; and a month of polls, which charts are made of."""
    place.configure(_FEEDS_TOML, head="")
    place.save({f"{source}.rss": _rss(source) for source in ("gazette", "courier", "agency")})
    shutil.copytree(ROOT / "seeds", place.folder / "seeds")
    place.run("-q", "fetch")
    now = datetime.now(UTC)
    for number, source in enumerate(("gazette", "courier", "agency", "almanac")):
        failing = source == "almanac"
        for day in range(1, 30):
            for poll in range(6 + (day * (number + 3)) % 9):
                at = now - timedelta(days=day, hours=poll)
                place.change(
                    "INSERT INTO polls (source, at, status, milliseconds, bytes, new_items, error) VALUES (?,?,?,?,?,?,?)",
                    source, f"{at:%Y-%m-%dT%H:%M:%SZ}", 200, 180 + 10 * poll, 20_000, int(poll % 4 == 1 and not failing),
                    "it refused the connection" if failing and day < 4 else None,
                )  # fmt: skip
    place.run("-q", "publish")


def _rss(source: str) -> str:
    now = datetime.now(UTC).replace(minute=0, second=0)
    items = "".join(
        f"<item><title>{title}</title><link>https://{source}.example/{number}</link><guid>{source}-{number}</guid>"
        f"<dc:creator>{author}</dc:creator><pubDate>{now - timedelta(hours=hours):%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<description>{text}</description></item>"
        for number, (sources, title, hours, author, text) in enumerate(_ARTICLES)
        if source in sources
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>F</title>'
        f"<link>https://{source}.example/</link><description>d</description>{items}</channel></rss>"
    )


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _take(browser: Any, port: int, picture: tuple[str, str, str, str], folder: Path) -> int:
    from PIL import Image

    name, path, screen, colours = picture
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width if screen == "phone" else 1000, "height": min(height, 760)},
        device_scale_factor=_SHARP[screen],
        color_scheme=colours,
    )
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/{path}", wait_until="load")
    taken = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    target = folder / f"{name}.webp"
    taken.save(target, "WEBP", quality=_QUALITY, method=6)
    return target.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
