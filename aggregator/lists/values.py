"""What a list of subscriptions holds, whatever program wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed on a list: `url` to the letter as it stands there, `line` where (from 1).

    `tags` are its folders, outermost first, then its categories. `name` is given by lists of our own only. `notes` say
    what its program was told to do with it, which we do otherwise.
    """

    line: int
    url: str
    title: str = ""
    tags: tuple[str, ...] = ()
    name: str = ""
    full_text: bool = False
    enabled: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a line of the list that a person should know."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that was read: `skipped` are entries of it that are no feeds, each with the reason."""

    subscriptions: tuple[Subscription, ...] = ()
    skipped: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
