"""The configuration of a planet: its feeds move in, what else is in it is said or passed over."""

import pytest

from aggregator.lists.plan import plan
from aggregator.lists.planet import is_planet, read_planet
from aggregator.lists.values import Subscription

VENUS = """# Planet configuration
[Planet]
name = Planet Example
link: https://planet.example/
filters = excerpt.py
template_files = index.html.tmpl

[DEFAULT]
facewidth = 65

[index.html.tmpl]
days_per_page = 7

[https://one.example/feed?a=%20b]
name = One
face = one.png

[http://two.example/rss]
name = Two & a "half"
filters = regexp.py
exclude = (?i)sponsored
 | advert

[https://list.example/all.opml]
content_type = opml
[|cmd]
name = no
[file:///etc/passwd]
name = none
"""
PLUTO = """title = Planet
email = x@planet.example

[one]
  title = One
  feed  = https://one.example/feed
  link  = https://one.example/
[two]
  feed = https://two.example/feed
"""


def test_a_venus_planet_moves_in() -> None:
    """Sections that are URLs are feeds; what its filters did is noted; reading lists are named; nothing else is."""
    assert is_planet(VENUS.encode())
    listing = read_planet(VENUS.encode())
    assert listing.subscriptions[:2] == (
        Subscription(14, "https://one.example/feed?a=%20b", "One"),
        Subscription(18, "http://two.example/rss", 'Two & a "half"', notes=(
            "the planet dropped what matched: (?i)sponsored | advert", "the planet ran the filters: regexp.py")),
    )  # fmt: skip
    found = plan(listing, {})
    assert [source.name for source in found.new] == ["one", "two-a-half"]
    assert [remark.line for remark in found.left_out] == [24, 28]


def test_a_pluto_planet_moves_in() -> None:
    """Its sections have short names and say where the feed is."""
    assert is_planet(PLUTO.encode())
    found = read_planet(PLUTO.encode()).subscriptions
    assert [(one.line, one.url, one.title) for one in found] == [
        (4, "https://one.example/feed", "One"),
        (8, "https://two.example/feed", ""),
    ]


def test_a_planets_bad_line_is_told_and_passed_over() -> None:
    """The rest of the file is read."""
    found = read_planet(b"[Planet]\nname = x\n= what\n[https://one.example/feed]\nname = One\n")
    assert [one.title for one in found.subscriptions] == ["One"]
    assert [warning.line for warning in found.warnings] == [3]


@pytest.mark.parametrize("body", [b"", b"<opml/>", b"\xef\xbb\xbf<?xml?>", b"\n\n <opml>", b"hello", b"{}"])
def test_what_is_no_planet(body: bytes) -> None:
    """OPML is told from INI by its first letter, not by the name of its file."""
    assert not is_planet(body)
