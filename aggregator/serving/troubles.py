"""What is wrong now: a person is told once when it begins and once when it is over, and can look it up meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """How a person is told: of what is done, and of what is wrong."""

    say: Callable[[str], None]
    warn: Callable[[str], None]


class Troubles:
    """Sentences by what they are of. It may be used from any thread."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._now: dict[str, str] = {}

    @property
    def now(self) -> Mapping[str, str]:
        """What is wrong now."""
        return dict(self._now)

    def say(self, sentence: str) -> None:
        """Tell a person of something that went well."""
        self._voice.say(sentence)

    def begin(self, of: str, sentence: str) -> None:
        """Note what is wrong; the same again is not told again."""
        if self._now.get(of) != sentence:
            self._now[of] = sentence
            self._voice.warn(f"{of}: {sentence}")

    def end(self, of: str) -> None:
        """Note that all is well with it; where it was, nothing is told."""
        if self._now.pop(of, None) is not None:
            self._voice.say(f"{of}: all is well again")
