"""Text from elsewhere, as a terminal may show it."""


def shown(text: str, length: int = 200) -> str:
    """Return the text on one line, cut, without anything that a terminal would obey."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text[: length + 1])
    return plain if len(plain) <= length else plain[:length] + "…"
