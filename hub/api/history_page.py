"""The opaque `next` of a history answer: over which range, which series go on and where, which have not begun."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from hub.api.times import MAX_TIME_MS
from hub.errors import BAD_REQUEST, HubError

MAX_SERIES = 16
"""Series in one answer; further keys come with the next page."""
MAX_TEXT_CHARS = 32_768


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Where a reader is: `going` series have the store's `after`, and the keys up to `begun` were begun.

    The range start <= t < end is kept over all pages, so that a default `to` of now does not move while one reads.
    """

    start: int
    end: int
    going: dict[str, str] = field(default_factory=dict)
    begun: str | None = None

    def turn(self, keys: Iterable[str]) -> dict[str, str | None]:
        """The series of this page, of all keys asked for: those that go on, then new ones, in the keys' order."""
        new = sorted(key for key in set(keys) if self.begun is None or key > self.begun)
        return {**self.going, **dict.fromkeys(new[: MAX_SERIES - len(self.going)])}

    def rest(self, turn: Iterable[str], going: dict[str, str]) -> "HistoryPage":
        """The page behind this one, after a turn that left some series going."""
        begun = [*turn] if self.begun is None else [*turn, self.begun]
        return HistoryPage(self.start, self.end, going, max(begun, default=None))

    def encode(self) -> str:
        """The text that goes to the client."""
        fields = [self.start, self.end, self.going, self.begun]
        return base64.urlsafe_b64encode(orjson.dumps(fields)).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "HistoryPage":
        """The page of its text; raises HubError(BAD_REQUEST)."""
        try:
            padding = "=" * (-len(text) % 4)
            raw = base64.b64decode(text[:MAX_TEXT_CHARS] + padding, altchars=b"-_", validate=True)
            start, end, going, begun = orjson.loads(raw)
        except (binascii.Error, ValueError, TypeError):
            raise _unfit() from None
        # By type: true is no time.
        sound = type(start) is int and type(end) is int and 0 <= start < end <= MAX_TIME_MS
        if not sound or not isinstance(begun, str | None) or not isinstance(going, dict) or len(going) > MAX_SERIES:
            raise _unfit()
        if not all(isinstance(after, str) for after in going.values()):
            raise _unfit()
        return cls(start, end, going, begun)


def _unfit() -> HubError:
    return HubError("after is not the `next` of a history answer.", code=BAD_REQUEST)
