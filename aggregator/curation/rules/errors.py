"""What is wrong with a rule, said so that its author can mend it."""


class RuleError(ValueError):
    """One fault of one text: `message` is a sentence for its author, `position` the 0-based offset of the fault."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message, position)  # both, so that the error can be pickled
        self.message = message
        self.position = position

    def __str__(self) -> str:
        return self.message


class RuleErrors(ValueError):  # noqa: N818 - it holds errors, and is none of its own
    """Every fault of a rule made of several keys: (key, index in its list or None, what is wrong) in reading order."""

    def __init__(self, errors: tuple[tuple[str, int | None, RuleError], ...]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(f"{_place(key, index)}: {error}" for key, index, error in self.errors)


def _place(key: str, index: int | None) -> str:
    return key if index is None else f"{key}[{index}]"
