"""By-lines and date lines: taken where they are clear, in many languages, and never guessed."""

from datetime import UTC, datetime

import pytest
from test_article import HEADLINE, PARAGRAPHS, read

BYLINES = [
    ("By Jane Doe", ("Jane Doe",)),
    ("by Jane Doe", ("Jane Doe",)),
    ("BY JANE DOE", ("Jane Doe",)),
    ("By JANE DOE, RICHARD ROE and MARY MAJOR", ("Jane Doe", "Richard Roe", "Mary Major")),
    ("By Jane Doe and Richard Roe", ("Jane Doe", "Richard Roe")),
    ("By Jane Doe, CNN", ("Jane Doe",)),
    ("By Jane Doe | Strait Press", ("Jane Doe",)),
    ("By Jane Doe, 12 March 2024", ("Jane Doe",)),
    ("By Jane Doe 2024-03-12T20:51:19Z Travel", ("Jane Doe",)),
    ("By Jane van der Doe", ("Jane van der Doe",)),
    ("By J. R. Doe-Roe", ("J. R. Doe-Roe",)),
    ("By Séan O’Doe", ("Séan O’Doe",)),
    ("By: Jane Doe", ("Jane Doe",)),
    ("Written by Jane Doe", ("Jane Doe",)),
    ("Story by Jane Doe in Harbour Town", ("Jane Doe",)),
    ("12 March 2024 | by Jane Doe", ("Jane Doe",)),
    ("March 12, 2024/0 Comments/by Jane Doe", ("Jane Doe",)),
    ("Von Petra Muster", ("Petra Muster",)),
    ("Von Petra Muster und Karl Beispiel", ("Petra Muster", "Karl Beispiel")),
    ("Par Jeanne Exemple et Paul Martin", ("Jeanne Exemple", "Paul Martin")),
    ("Por María Ejemplo y Juan Muestra", ("María Ejemplo", "Juan Muestra")),
    ("di Maria Esempio", ("Maria Esempio",)),
    ("Door Jan Voorbeeld en Piet Proef", ("Jan Voorbeeld", "Piet Proef")),
    ("Autor: Anna Przykładowa", ("Anna Przykładowa",)),
    ("Автор: Анна Примерова", ("Анна Примерова",)),
    ("بقلم: ليلى مثال", ("ليلى مثال",)),
    ("记者：王小明", ("王小明",)),
    ("文／王小明", ("王小明",)),
]


@pytest.mark.parametrize(("line", "authors"), BYLINES)
def test_a_clear_by_line_gives_its_names(line, authors):
    """With the word for "by" of its language, alone or before a date, a place or an employer."""
    assert read("\n\n".join((HEADLINE, line, *PARAGRAPHS))).authors == authors


@pytest.mark.parametrize(
    "line",
    [
        "By admin",
        "By STRAIT COURIER STAFF",
        "By the harbour, at dawn",
        "By Jane DoeREUTERS",
        "By 2030",
        "By popular demand",
        "Von der Leyen kommt nach Brüssel",
        "Por qué vuelven los barcos",
        "Strait Press, Harbour Town",
        "Jane Doe",
        "The Strait Courier",
        "By Jane Doe?",
    ],
)
def test_what_is_no_clear_by_line_gives_no_author(line):
    """An office, a time, a sentence, two words alone: nobody."""
    assert read("\n\n".join((HEADLINE, line, *PARAGRAPHS))).authors == ()


@pytest.mark.parametrize("below", ["12 March 2024", "5 min read", "@jane_doe"])
def test_a_bare_name_counts_above_what_only_stands_below_names(below):
    """A name on its own line above a date, a reading time or a handle is a by-line."""
    assert read("\n\n".join((HEADLINE, "Jane Doe", below, *PARAGRAPHS))).authors == ("Jane Doe",)


def test_a_by_line_below_the_second_paragraph_is_somebody_elses():
    """Teasers have by-lines too."""
    assert (
        read("\n\n".join((HEADLINE, *PARAGRAPHS, *PARAGRAPHS, "Related", "Gull steals hat", "By Jo Doe"))).authors == ()
    )


DATE_LINES = [
    ("12 March 2024", "2024-03-12T00:00:00"),
    ("Published November 20th, 2019 - 07:29 GMT", "2019-11-20T07:29:00"),
    ("Monday, November 18, 2019 8:22AM EST", "2019-11-18T13:22:00"),
    ("Nov 19, 2019 at 9:08 GMT", "2019-11-19T09:08:00"),
    ("PUBLISHED: 10:48, Tue, Nov 19, 2019 | UPDATED: 11:05, Tue, Nov 19, 2019", "2019-11-19T10:48:00"),
    ("By Jane Doe - 2018-09-16", "2018-09-16T00:00:00"),
    ("2019-11-18T20:51:19+05:30", "2019-11-18T15:21:19"),
    ("Stand: 05.11.2018, 10:00 Uhr", "2018-11-05T10:00:00"),
    ("19. November 2019 um 12:05 Uhr", "2019-11-19T12:05:00"),
    ("Publié le 1er mai 2019 à 10h05", "2019-05-01T10:05:00"),
    ("5 de mayo de 2019 18:30", "2019-05-05T18:30:00"),
    ("20 ноября 2019, 14:05 МСК", "2019-11-20T11:05:00"),
    ("12 marca 2024, 14:30", "2024-03-12T14:30:00"),
    ("12 مارس 2024", "2024-03-12T00:00:00"),
    ("2024年3月12日 14:30", "2024-03-12T14:30:00"),
    ("2024년 3월 12일", "2024-03-12T00:00:00"),
    ("11/20/2019 01:14 PM", "2019-11-20T13:14:00"),
]


@pytest.mark.parametrize(("line", "moment"), DATE_LINES)
def test_a_date_line_gives_the_date(line, moment):
    """In UTC, by its time zone where it names one; a date alone is midnight."""
    assert read("\n\n".join((HEADLINE, line, *PARAGRAPHS))).published == datetime.fromisoformat(moment).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize(
    "line",
    [
        "on Wednesday",
        "Yesterday",
        "3 hours ago",
        "12 March",
        "3/4/2019",
        "31 February 2020",
        "The old pier on 12 March 2019 © Jo Doe",
        "The boat sailed on 12 March 1911 and carried the king.",
        "29 November 2018 | 20 January 2019",
        "5 min read",
    ],
)
def test_what_is_no_clear_date_line_gives_no_date(line):
    """Relative days, dates without a year, ambiguous ones, captions, sentences and spans are not the article's date."""
    assert read("\n\n".join((HEADLINE, line, *PARAGRAPHS))).published is None


def test_a_later_change_is_kept_apart():
    """What "updated" stands before, on the same line or the next, is the date of the change."""
    item = read("\n\n".join((HEADLINE, "12 March 2024, 14:30", "Updated: 13 March 2024, 08:00", *PARAGRAPHS)))
    assert item.published == datetime(2024, 3, 12, 14, 30, tzinfo=UTC)
    assert item.updated == datetime(2024, 3, 13, 8, 0, tzinfo=UTC)


def test_a_date_behind_the_article_counts_where_it_is_named():
    """With "Published:" it is the article's, bare it is anybody's."""
    below = [*PARAGRAPHS, *PARAGRAPHS]
    named = read(
        "\n\n".join((HEADLINE, *below, "Tags: ferries", "Published: 12 March 2024", "Related", "Gull steals hat"))
    )
    bare = read("\n\n".join((HEADLINE, *below, "Tags: ferries", "12 March 2024", "Related", "Gull steals hat")))
    assert named.published == datetime(2024, 3, 12, tzinfo=UTC)
    assert bare.published is None
