"""What may be said in a room: a client's message, edit or deletion made into the event that goes on the log; pure."""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from hub.errors import INVALID_DATA, TOO_LARGE, HubError, InvalidPosition, InvalidTopic
from hub.events import Position
from hub.message import time_of
from hub.topics import validate_topic

PREFIX = "chat/"
MAX_TEXT_BYTES = 4096
MAX_MENTIONS = 20
MAX_KEY_CHARS = 256
MAX_TIME_MS = 2**53
MAX_REVISIONS = 100
"""Edits of one message; they are all read to show it."""

_MENTION = re.compile(r"(?<![\w@./-])@([\w.-]*\w)")
_MESSAGE = {"text", "author", "reply_to", "moment"}
_MOMENT = {"position", "device"}
_EDIT = {"edit", "text"}


Moment = Mapping[str, str | int]
"""`position` and `device`, perhaps `key` and `time` (ms since the epoch): when it was by the hub's clock."""


class Edit(NamedTuple):
    """A client wants its message to say something else."""

    id: str
    text: str


class Deletion(NamedTuple):
    """A client wants a message to be gone."""

    id: str


class Saying(NamedTuple):
    """A client says something."""

    text: str
    reply_to: str | None
    moment: Moment | None


Request = Saying | Edit | Deletion


def read(data: Mapping[str, object]) -> Request:
    """What a client's data on `chat/<room>` asks for.

    Raises HubError with INVALID_DATA (another form, an empty text) or TOO_LARGE (over MAX_TEXT_BYTES of UTF-8).
    """
    if "delete" in data:
        _only(data, {"delete"})
        return Deletion(_id(data, "delete"))
    if "edit" in data:
        _only(data, _EDIT)
        return Edit(_id(data, "edit"), _text(data))
    text = _text(data)
    _only(data, _MESSAGE)
    reply_to = None if data.get("reply_to") is None else _id(data, "reply_to")
    return Saying(text, reply_to, _moment(data.get("moment")))


def compose_message(saying: Saying, *, author: str, message_id: str, mentions: Collection[str]) -> dict[str, object]:
    """The data of a message's event; what the author, the id and the mentions are is the server's to say."""
    data: dict[str, object] = {"text": saying.text, "author": author, "id": message_id}
    if saying.reply_to is not None:
        data["reply_to"] = saying.reply_to
    if mentions:
        data["mentions"] = list(mentions)
    if saying.moment is not None:
        data["moment"] = dict(saying.moment)
    return data


def compose_edit(edit: Edit, *, by: str, mentions: Collection[str]) -> dict[str, object]:
    """The data of an edit's event. It has no `author`: who knows messages only does not take it for one."""
    data: dict[str, object] = {"edit": edit.id, "text": edit.text, "by": by}
    if mentions:
        data["mentions"] = list(mentions)
    return data


def compose_deletion(deletion: Deletion, *, by: str) -> dict[str, object]:
    """The data of a deletion's event."""
    return {"delete": deletion.id, "by": by}


def mentioned(text: str, known: Collection[str], *, only_known: bool = False) -> list[str]:
    """The users that a text names with `@`, in its order, at most MAX_MENTIONS.

    Known names are found whatever characters and case they are written in; others count where they look like names,
    unless it is only the known ones that can read it.
    """
    folded = {name.casefold(): name for name in known}
    found: dict[int, str] = {}
    low = text.casefold()
    if len(low) == len(text):
        # Names with spaces and the like, which the pattern below would cut; of two the longer one is meant.
        for fold, name in sorted(folded.items(), key=lambda item: len(item[0])):
            at = low.find(f"@{fold}")
            if at >= 0 and not _goes_on(low, at, len(fold)):
                found[at] = name
    for match in _MENTION.finditer(text):
        name = folded.get(match[1].casefold(), "" if only_known else match[1])
        if name:
            found.setdefault(match.start(), name)
    return list(dict.fromkeys(found[at] for at in sorted(found)))[:MAX_MENTIONS]


def _goes_on(text: str, at: int, length: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 + length : at + 2 + length]
    return before.isalnum() or after.isalnum() or after == "_"


def _only(data: Mapping[str, object], known: Collection[str]) -> None:
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise HubError(f"This has no {unknown[0][:40]!r}; it has {', '.join(sorted(known))}.", code=INVALID_DATA)


def _text(data: Mapping[str, object]) -> str:
    text = data.get("text")
    if not isinstance(text, str):
        raise HubError('A chat message is {"text": "…"}.', code=INVALID_DATA)
    if not text.strip():
        raise HubError("The message is empty.", code=INVALID_DATA)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        raise HubError(f"The message has {size} bytes; at most {MAX_TEXT_BYTES} are taken.", code=TOO_LARGE)
    return text


def _id(data: Mapping[str, object], member: str) -> str:
    found = data.get(member)
    if not isinstance(found, str) or time_of(found) is None:
        raise HubError(f"`{member}` must be the id of a message.", code=INVALID_DATA)
    return found


def _moment(moment: object) -> Moment | None:
    if moment is None:
        return None
    if not isinstance(moment, dict) or not _MOMENT <= moment.keys() <= _MOMENT | {"key", "time"}:
        raise HubError('A moment is {"position": "…", "device": "…"}, perhaps "key" and "time".', code=INVALID_DATA)
    names = [name for member, name in moment.items() if member != "time"]
    if not all(isinstance(name, str) for name in names) or len(moment.get("key", "")) > MAX_KEY_CHARS:
        raise HubError("What a moment says beside its time are strings.", code=INVALID_DATA)
    time = moment.get("time", 0)
    if type(time) is not int or not 0 <= time <= MAX_TIME_MS:
        raise HubError("A moment's time is in ms since the epoch.", code=INVALID_DATA)
    try:
        Position.parse(moment["position"])
        validate_topic(moment["device"])
    except (InvalidPosition, InvalidTopic) as error:
        raise HubError(f"The moment: {error}", code=INVALID_DATA) from None
    return moment
