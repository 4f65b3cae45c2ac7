"""Where terms look: the fields of an item, and the names for them that a rule may write before a colon."""

# The parts of an item, named as in `Fields` and in this order; the last two hold names, not text.
TEXT_FIELDS = ("title", "summary", "content", "categories", "author", "url")
NAME_FIELDS = ("source", "language")
DEFAULT_FIELDS = ("title", "summary", "content", "categories")

# What may stand before a colon, and where it looks.
PREFIXES = {
    "title": ("title",),
    "text": ("summary", "content"),
    "summary": ("summary",),
    "content": ("content",),
    "category": ("categories",),
    "author": ("author",),
    "url": ("url",),
    "source": ("source",),
    "lang": ("language",),
}


def in_order(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return known field names once each and in the order of `Fields`, so that equal scopes are equal values."""
    return tuple(name for name in TEXT_FIELDS + NAME_FIELDS if name in fields)


def prefix(scope: tuple[str, ...]) -> str:
    """Return what is written before a term that looks in `scope`: "" for the default, else as `title,text:`."""
    if scope == DEFAULT_FIELDS:
        return ""
    names: list[str] = []
    covered: set[str] = set()
    for name, fields in PREFIXES.items():
        if covered.isdisjoint(fields) and set(fields) <= set(scope):
            names.append(name)
            covered.update(fields)
    return f"{','.join(names)}:"
