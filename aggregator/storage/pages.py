"""Articles whose page is to be fetched for its text: each once, and remembered, however a run ends."""

from dataclasses import dataclass

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class WantedPage:
    """The page of a copy whose source has `full_text`."""

    appearance: int
    source: str
    url: str


def want(db: Database, appearance: int, url: str) -> None:
    """Note that the page of a copy is to be fetched, again if the copy has really changed."""
    db.execute(
        """INSERT INTO pages (appearance, url, state) VALUES (?, ?, 'wanted')
           ON CONFLICT (appearance) DO UPDATE SET url = excluded.url, state = 'wanted', error = NULL""",
        [appearance, url],
    )


def wanted(db: Database, sources: str, below: int, limit: int) -> list[WantedPage]:
    """Return pages to fetch for the sources of a JSON list, of copies with numbers below one, the newest first."""
    query = """SELECT appearance, source, pages.url FROM pages JOIN appearances ON appearances.id = appearance
        WHERE state = 'wanted' AND source IN (SELECT value FROM json_each(?)) AND appearance < ?
        ORDER BY appearance DESC LIMIT ?"""
    return [WantedPage(*row) for row in db.execute(query, [sources, below, limit]).fetchall()]


def is_any_wanted(db: Database) -> bool:
    """Whether there is a page to fetch."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM pages WHERE state = 'wanted')").fetchone()[0])


def done(db: Database, appearance: int, error: str | None) -> None:
    """Note that a page was fetched, and if its text could not be taken, why. It is not asked for again."""
    state = "failed" if error else "done"
    db.execute("UPDATE pages SET state = ?, error = ? WHERE appearance = ?", [state, error, appearance])
