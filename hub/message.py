"""Chat messages as they are to be read: their ids, and what edits and deletions have made of them; pure."""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

ID_CHARS = 13
SALTS = 36**4
"""How many ids one millisecond has."""

_ID = re.compile(r"[0-9a-z]{13}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TIME_CHARS = 9


def message_id(time: int, salt: int) -> str:
    """The id of a message of that time (ms since the epoch); ids sort as their times do. `salt` is any number."""
    return _base36(max(0, time), _TIME_CHARS) + _base36(salt % SALTS, ID_CHARS - _TIME_CHARS)


def time_of(text: str) -> int | None:
    """The time (ms since the epoch) in a message's id; None where it is none."""
    return int(text[:_TIME_CHARS], 36) if _ID.fullmatch(text) else None


def _base36(number: int, width: int) -> str:
    digits = []
    while number:
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)).rjust(width, "0")


@dataclass(frozen=True, slots=True)
class Revision:
    """Who edited or deleted a message, and when (ms since the epoch)."""

    by: str
    time: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message with all that was done to it; the text of a deleted one is empty. `revisions` counts what was done."""

    id: str
    time: int
    author: str
    text: str
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    moment: Mapping[str, str | int] | None = None
    edited: Revision | None = None
    deleted: Revision | None = None
    revisions: int = 0

    @property
    def newest(self) -> int:
        """The time of the last that was done to it, or its own."""
        return max([self.time, *(done.time for done in (self.edited, self.deleted) if done is not None)])

    def revised(self, event: Mapping[str, Any]) -> "Message":
        """What an edit or deletion makes of it; the same where it is an older one that comes again."""
        data = event["data"]
        done = Revision(str(data.get("by", "")), event.get("received", event["time"]))
        if self.deleted is not None or (self.revisions and done.time <= self.newest):
            return self
        count = self.revisions + 1
        if "delete" in data:
            return replace(self, text="", mentions=(), moment=None, deleted=done, revisions=count)
        return replace(self, text=str(data.get("text", "")), mentions=_mentions(data), edited=done, revisions=count)

    def without_text(self) -> "Message":
        """The same with less to keep."""
        return replace(self, text="", moment=None)

    def shown(self) -> dict[str, object]:
        """The message as the API gives it: members that say nothing are left out."""
        fields: dict[str, object] = {"id": self.id, "time": self.time, "author": self.author, "text": self.text}
        if self.reply_to is not None:
            fields["reply_to"] = self.reply_to
        if self.mentions:
            fields["mentions"] = list(self.mentions)
        if self.moment is not None:
            fields["moment"] = dict(self.moment)
        for name, done in (("edited", self.edited), ("deleted", self.deleted)):
            if done is not None:
                fields[name] = {"by": done.by, "time": done.time}
        return fields


def message_of(event: Mapping[str, Any]) -> Message | None:
    """The message that an event on `chat/<room>` says; None where it is no message.

    One without an id has one made of what it says, the same wherever it is read.
    """
    data, time = event["data"], event["time"]
    text, author, given = data.get("text"), data.get("author"), data.get("id")
    if not isinstance(text, str) or not isinstance(author, str):
        return None
    if not isinstance(given, str) or time_of(given) is None:
        given = message_id(time, zlib.crc32(f"{author}\n{text}".encode("utf-8", "surrogatepass")))
    reply_to, moment = data.get("reply_to"), data.get("moment")
    return Message(
        given,
        time,
        author,
        text,
        reply_to=reply_to if isinstance(reply_to, str) else None,
        mentions=_mentions(data),
        moment=moment if isinstance(moment, dict) else None,
    )


def _mentions(data: Mapping[str, Any]) -> tuple[str, ...]:
    mentions = data.get("mentions")
    return tuple(name for name in mentions if isinstance(name, str)) if isinstance(mentions, list) else ()


def revised_id(event: Mapping[str, Any]) -> str | None:
    """The id of the message that an event edits or deletes; None where it does neither."""
    data = event["data"]
    found = data.get("edit", data.get("delete"))
    return found if isinstance(found, str) else None


def fold(events: Iterable[Mapping[str, Any]]) -> list[Message]:
    """The messages that events of one room say, in the order of their ids; an event may be there twice."""
    messages: dict[str, Message] = {}
    revisions = []
    for event in events:
        message = message_of(event)
        if message is not None:
            messages.setdefault(message.id, message)
        elif revised_id(event) is not None:
            revisions.append(event)
    for event in sorted(revisions, key=lambda one: one.get("received", one["time"])):
        message = messages.get(revised_id(event) or "")
        if message is not None:
            messages[message.id] = message.revised(event)
    return [messages[key] for key in sorted(messages)]
