"""Which of several copies of one article is shown. Pure."""

from datetime import datetime

# From about this many characters a text is taken for the article and not for a teaser of it.
FULL_TEXT = 800


def showing_rank(
    *, priority: int, original: bool, full_text: bool, current: bool, since: datetime
) -> tuple[bool, int, bool, bool, float]:
    """Return a key by which the best copy is the greatest.

    A source that is still in feeds.toml before one that has left it, then the highest priority, the original before an
    aggregate's copy, the whole text before a teaser, the earliest.
    """
    return current, priority, original, full_text, -since.timestamp()
