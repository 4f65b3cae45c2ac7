"""What is wrong with a feeds.toml: each with its line, its key path and what would be right."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from aggregator.config.places import line_of
from aggregator.errors import UserError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `key` is the dotted path of the key, "" for the file as a whole."""

    line: int
    key: str
    message: str


class ConfigError(UserError):
    """A feeds.toml that cannot be used, with all its problems in the order of the file."""

    code = 2
    prefixed = False  # each line begins with the file's name, as an editor wants it

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """Return a line a problem, as a compiler would print it."""
        return [
            f"{self.path}:{found.line}: {found.key}{': ' if found.key else ''}{found.message}"
            for found in self.problems
        ]


@dataclass(slots=True)
class Problems:
    """Collects problems while a file is read, so that all are told at once."""

    path: Path
    text: str
    found: list[Problem] = field(default_factory=list)

    def add(self, key: tuple[str, ...], message: str) -> None:
        """Note that `message` holds of the value at `key`."""
        self.found.append(Problem(line_of(self.text, key), ".".join(key), message))

    def raise_if_any(self) -> None:
        """Raise ConfigError if anything was added."""
        if self.found:
            raise ConfigError(self.path, tuple(sorted(self.found, key=lambda problem: problem.line)))


def suggestion(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Return a hint at the known word that was probably meant, else at all of them."""
    close = get_close_matches(word, known, n=1)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; there are: {', '.join(known)}" if 0 < len(known) <= 30 else ""
