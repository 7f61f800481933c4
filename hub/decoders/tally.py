"""What became of the messages of one family."""


class Tally:
    """Counts of one family's messages."""

    __slots__ = ("decoded", "family", "malformed", "unsupported")

    def __init__(self, family: str) -> None:
        self.family = family
        self.decoded = 0
        self.malformed = 0
        self.unsupported = 0
