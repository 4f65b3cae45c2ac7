"""The published pages in headless Chromium: no message, no sideways scrolling, accessible, and good for a keyboard.

    python tests/pages_in_browser.py [--install] [--tools DIR] [--screenshots DIR]

Publishes a sample site under `aggregator serve`, and opens every kind of page on desktop and phone, light and dark. Needs
Chromium, playwright from PyPI and axe-core from npm; --install fetches what is missing (Chromium only as root, from
Debian). Without them it says so and ends well. Exit 1 on a complaint. pytest does not collect it.
"""

import argparse
import importlib.util
import shutil
import site
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import installing
from browser import looking, sample
from loopback import free_port, served, serving
from places import Place

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
NARROW = (320, 640)  # WCAG 1.4.10: a desktop at 400 % is as wide as this
SCHEMES = ("light", "dark")

Browser = Any


@dataclass
class Opened:
    """A page and what went wrong while it loaded: messages in the console, requests that should not have been made."""

    page: Any
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Look at every page on every screen; print and count the complaints."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        tools = options.tools or Path(folder) / "tools"
        if options.install:
            installing.from_pypi(tools, "playwright")
            installing.from_npm(tools, "axe-core")
            if not _chromium():
                installing.from_debian("chromium", "fonts-dejavu-core")
        if missing := _missing(tools):
            print(f"skipped: {', '.join(missing)} not installed")
            return 0
        axe = (tools / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        complaints = _look(Path(folder), axe, options.screenshots)
    print(f"{complaints} complaints")
    return 1 if complaints else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Looks at the published pages in headless Chromium.")
    parser.add_argument("--install", action="store_true", help="install what is missing")
    parser.add_argument("--tools", type=Path, metavar="DIR", help="where playwright and axe-core are, or will be")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="save a picture of every page there")
    return parser.parse_args()


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _missing(tools: Path) -> list[str]:
    for packages in tools.glob("venv/lib/python*/site-packages"):
        site.addsitedir(str(packages))
    there = {
        "Chromium": _chromium(),
        "playwright": importlib.util.find_spec("playwright"),
        "axe-core": (tools / "node_modules" / "axe-core").is_dir(),
    }
    return [name for name, found in there.items() if not found]


def _look(folder: Path, axe: str, screenshots: Path | None) -> int:
    place, pictures = Place(folder / "site"), Place(folder / "pictures")
    pictures.save(sample.pictures())
    place.folder.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with served(pictures.folder) as elsewhere:
        sample.build(place, url, elsewhere)
        with serving(place.folder / "feeds.toml", port), _browser() as browser:
            return sum(_look_at(browser, url, path, elsewhere, axe, screenshots) for path in _pages(place))


def _look_at(browser: Browser, url: str, path: str, elsewhere: str, axe: str, screenshots: Path | None) -> int:
    """Everything about one page, on every screen; prints the complaints and gives back their number."""
    found = []
    for screen, size in SCREENS.items():
        picture = screenshots / f"{path.removesuffix('.html').replace('/', '-')}-{screen}" if screenshots else None
        with _opened(browser, url + path, elsewhere, size) as opened:
            found += [f"{screen}: {complaint}" for complaint in _complaints(opened.page, axe, picture)]
        found += [f"{screen}: {wrong}" for wrong in opened.wrong]
        with _opened(browser, url + path, elsewhere, size) as opened:
            found += [f"{screen}: {complaint}" for complaint in looking.skip_link(opened.page)]
    print(f"{path:24} {'as it should be' if not found else f'{len(found)} complaints'}")
    print("".join(f"    {complaint}\n" for complaint in found), end="")
    return len(found)


def _complaints(page: Any, axe: str, picture: Path | None) -> Iterator[str]:
    for scheme in SCHEMES if picture else ():
        looking.load_pictures(page)
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{picture}-{scheme}.png", full_page=True)
    yield from looking.sideways(page)
    looking.open_all(page)
    looking.load_pictures(page)  # one that comes later moves what has the focus out of sight
    yield from looking.sideways(page)
    yield from looking.keyboard(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        yield from (f"{scheme}: {finding}" for finding in looking.accessibility(page, axe))
    page.set_viewport_size(_size(NARROW))
    yield from looking.sideways(page)


def _pages(place: Place) -> list[str]:
    """One or more of each kind: the index, topics (one from right to left, one empty), the status page, items."""
    items = [f"items/{path.name}" for path in sorted((place.folder / "public" / "items").iterdir())]
    return ["index.html", "world.html", "harbours.html", "arabic.html", "quiet.html", "status.html", *items]


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=list(FLAGS))  # its profile is a new one
        try:
            yield browser
        finally:
            browser.close()


def _size(screen: tuple[int, int]) -> dict[str, int]:
    return {"width": screen[0], "height": screen[1]}


@contextmanager
def _opened(browser: Browser, url: str, elsewhere: str, screen: tuple[int, int]) -> Iterator[Opened]:
    """The page in a context of its own; requests may go to our own files, and elsewhere for pictures only."""
    context = browser.new_context(viewport=_size(screen))
    page = context.new_page()
    opened = Opened(page)
    own = url.partition("//")[2].partition("/")[0]

    def asked(request: Any) -> None:
        foreign = f"//{own}/" not in request.url
        if foreign and not (request.resource_type == "image" and request.url.startswith(elsewhere)):
            opened.wrong.append(f"asked for {request.url} as {request.resource_type}")

    page.on("request", asked)
    page.on("requestfailed", lambda request: opened.wrong.append(f"did not get {request.url}: {request.failure}"))
    page.on("console", lambda message: opened.wrong.append(f"says {message.text}"))
    page.on("pageerror", lambda error: opened.wrong.append(f"fails: {error}"))
    page.goto(url, wait_until="load")
    try:
        yield opened
    finally:
        context.close()


if __name__ == "__main__":
    sys.exit(main())
