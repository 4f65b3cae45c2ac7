"""What must never be joined, though it looks like a copy."""

import pytest
from article_copies import REPORT, REPORT_TITLE, TEXT, TITLE, sentences, sighting, words

from aggregator.curation.verdicts import Pair, Sighting, judge

NEW_TITLE = "Islanders must sail from the old fish quay as Halvik mends its lock"
DIGEST = (
    "Welcome to the daily digest of the Gazette. Here is all you need to know this morning, from the headlines of the "
    "night to the day ahead. {} Scroll down for markets, weather and sport, and remember that you can read the digest in "
    "our app as well. Write to us at the usual address if you miss something."
)
NOTICE = (
    "{} This article is for subscribers only. Log in or take out a subscription to go on reading, from one crown a month "
    "for the first three months. You can cancel it at any time. Questions? Our customer service is there for you on "
    "weekdays from nine to five, by telephone and by e-mail."
)
RELEASE = (
    "{0} {1} has been released. This is a bugfix release and all users are asked to upgrade. The source and the wheels are "
    "on the project page, with their checksums. Fixed: {2}. Thanks to all who reported bugs and sent patches."
)
SHARES = (
    "Shares of {0} moved on Tuesday after the company reported its quarterly results. The stock had closed at {1} crowns. "
    "The firm has a market value of {2} million crowns, a price to earnings ratio of {3} and a beta of {4}. Analysts at "
    "two banks raised their price target to {5} crowns in a note to investors."
)

PRICES = (
    "{0} said that it will raise the price of salted herring by four crowns a barrel from Monday. The rise follows a poor "
    "catch and brings the price at the quay to ninety crowns, the highest since the war. {0} had last raised it in May, "
    "and the shares of {0} fell. Restaurants on the coast expect that other dealers will follow {0} within days."
)
TIDES = (
    "High water at {} and {}, low water at {} and {}. Height {} and {} metres over chart datum. Wind north-east, sea slight "
    "to moderate, visibility good."
)

APART = [
    (
        "one form, two companies",
        sighting("Nordfisk raises price of herring", PRICES.format("Nordfisk")),
        sighting("Brennstal raises price of herring", PRICES.format("Brennstal"), source="post"),
    ),
    (
        "figures of two days under one title",
        sighting("Tides for the port of Halvik", TIDES.format("4:12", "16:38", "10:25", "22:51", "1.92", "1.88")),
        sighting(
            "Tides for the port of Halvik",
            TIDES.format("5:03", "17:29", "11:17", "23:40", "1.99", "1.95"),
            source="post",
            hours=11,
        ),
    ),
    (
        "own reports of one event",
        sighting(TITLE, TEXT, number=1),
        sighting(REPORT_TITLE, REPORT, source="post", hours=2),
    ),
    (
        "digests of two days",
        sighting("Daily digest 10 February", DIGEST.format("The storm has passed and trains run again on the coast.")),
        sighting("Daily digest 11 February", DIGEST.format("Voters go to the polls in Brenna today."), source="post"),
    ),
    (
        "digests of two papers without a date",
        sighting("What you need to know", DIGEST.format(" ".join(sentences(REPORT)[:2]))),
        sighting("The morning in brief", DIGEST.format(" ".join(sentences(TEXT)[:2])), source="post"),
    ),
    (
        "weather of two towns",
        sighting("Weather for Halvik", "Today in Halvik: sunny, high 21C, low 9C, wind 14 km/h NE, rain 0 percent."),
        sighting("Weather for Brenna", "Today in Brenna: sunny, high 18C, low 7C, wind 22 km/h NE, rain 10 percent.", source="post"),
    ),
    (
        "neighbouring releases",
        sighting("netlib 1.4.2", RELEASE.format("netlib", "1.4.2", "a leak in the pool")),
        sighting("netlib 1.4.3", RELEASE.format("netlib", "1.4.3", "a wrong header"), source="post"),
    ),
    (
        "results of two companies",
        sighting("Nordfisk shares gap up to 112", SHARES.format("Nordfisk", 104.2, 911, 14.2, 0.9, 118)),
        sighting("Brennstal shares gap up to 87", SHARES.format("Brennstal", 80.5, 412, 9.7, 1.3, 92), source="post"),
    ),
    (
        "dividends in one form",
        sighting("NORDFISK SETS QUARTERLY", "Qtly div 11 cts vs 11 cts prior. Pay June 15. Record May 29."),
        sighting("BRENNSTAL SETS QUARTERLY", "Qtly div 11 cts vs 11 cts prior. Pay June 15. Record May 29.", source="post"),
    ),
    (
        "matches",
        sighting("Halvik 1-3 Brenna: match report", "Match report and ratings as Halvik met Brenna on Saturday at a packed ground."),
        sighting("Halvik 2-2 Moss: match report", "Match report and ratings as Halvik met Moss on Saturday at a packed ground.", source="post"),
    ),
    (
        "episodes with shared notes",
        sighting("Episode 40: lighthouses", NOTICE.format("We talk to a keeper of forty years.")),
        sighting("Episode 41: tides", NOTICE.format("Why the sea rises twice a day in most places."), source="post"),
    ),
    (
        "a notice to subscribers",
        sighting("Council votes on bridge", NOTICE.format("The council met at length last night in the town hall.")),
        sighting("Skaters break record", NOTICE.format("It was a cold evening and the ice was as hard as ever."), source="post"),
    ),
    (
        "nothing but a notice to subscribers",
        sighting("Council votes on bridge", NOTICE.format("")),
        sighting("Skaters break record", NOTICE.format(""), source="post"),
    ),
    (
        "a live page and the article",
        sighting(TITLE, TEXT),
        sighting(f"Live: {TITLE}", f"{words(TEXT, 60)} {REPORT}", source="post"),
    ),
    (
        "two states of a live page",
        sighting(f"Live updates: {TITLE}", TEXT),
        sighting(f"Live updates: {TITLE}", f"{REPORT} {words(TEXT, 60)}", source="post", hours=3),
    ),
    (
        "a column of two days",
        sighting("The week's best in pictures"),
        sighting("The week's best in pictures", source="post", hours=24),
    ),
    (
        "generic titles",
        sighting("Links for today", "A keeper of bees explains how to read the dance, and a chart of every tide since 1900."),
        sighting("Links for today", "Why old bridges hum in the wind, with a recording, and the best map of lost railways.", source="post"),
    ),
    (
        "a site's name in both titles",
        sighting("Storm nears coast - The Brenna Morning Post"),
        sighting("Voters go to polls - The Brenna Morning Post", source="post"),
    ),
    (
        "a long site's name behind short titles",
        sighting("Storm nears | Halvik and Brenna Evening Gazette"),
        sighting("Voters decide | Halvik and Brenna Evening Gazette", source="post"),
    ),
    (
        "one text after two weeks",
        sighting("Bank leaves its rate unchanged", TEXT),
        sighting("Bank leaves its rate unchanged", TEXT, source="post", hours=14 * 24 + 1),
    ),
    (
        "a link blog's comment",
        sighting(TITLE, TEXT, url="https://gazette.example/port"),
        sighting(TITLE, f"{REPORT} I lived there as a child, and what strikes me is that nobody thought of the winter before.",
                 source="blog", url="https://gazette.example/port?utm_source=rss"),
    ),
    (
        "a link blog's own title",
        sighting(TITLE, TEXT, url="https://gazette.example/port"),
        sighting("Mending what leaks", "Worth reading for the pictures alone.", source="blog", url="https://gazette.example/port"),
    ),
    (
        "two pages of one site under one title",
        sighting("Discussion thread for this evening", url="https://forum.example/1"),
        sighting("Discussion thread for this evening", source="post", url="https://forum.example/2"),
    ),
    (
        "one source, other text",
        sighting("Open thread", TEXT),
        sighting("Open thread", REPORT, hours=2),
    ),
    (
        "one source, other title",
        sighting(TITLE, TEXT),
        sighting(NEW_TITLE, TEXT, hours=2),
    ),
    (
        "one source, a page for each incident",
        sighting("Degraded performance", "We are looking into it.", url="https://status.example/1"),
        sighting("Degraded performance", "We are looking into it.", url="https://status.example/2", hours=2),
    ),
    (
        "no words at all",
        sighting(""),
        sighting("", source="post"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other"), APART, ids=[case[0] for case in APART])
def test_must_not_be_joined(kind: str, one: Sighting, other: Sighting) -> None:
    """What only looks like a copy stays apart, and the verdict says why."""
    there, back = judge(Pair.of(one, other)), judge(Pair.of(other, one))
    assert there.rule == back.rule == ""
    assert there.why


def test_what_keeps_look_alikes_apart_is_what_they_say() -> None:
    """The forms above would be joined if they told the same: it is their content that keeps them apart."""
    numbers = TIDES.format("4:12", "16:38", "10:25", "22:51", "1.92", "1.88")
    for text in (DIGEST.format(REPORT), NOTICE.format(REPORT), PRICES.format("Nordfisk"), numbers):
        assert judge(Pair.of(sighting(TITLE, text), sighting(TITLE, text, source="post"))).rule
