"""The query of `/events` and `/api/events`: what a client asks for, in its URL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import cast
from urllib.parse import parse_qs

import orjson

from hub.errors import InvalidFrame, InvalidPredicate
from hub.events import NOWHERE
from hub.protocol import Subscribe, frame_of
from hub.replay_request import Replay

MEMBERS = (
    *("filter", "since", "snapshot", "presence", "where", "fields", "max_rate", "begin", "begin_since"),
    *("replay_from", "replay_to", "speed"),
)
"""What a query may hold beside a ticket; others are passed over. Both contracts have to describe the same ones."""

_LEVEL_OF_ONE_SPACE = re.compile(r"(?<![^/]) (?![^/])")
_YES, _NO = ("1", "true"), ("0", "false", "")
FRAME_ID = 1
"""Of the subscription that such a request makes; its reply carries it."""
BEGIN_FRAME_ID = 2
"""Of the one that `begin` makes."""


def read_query(query_string: bytes, *, last_event_id: str = "") -> Subscribe:
    """The subscription of a query; the Last-Event-ID header wins over `since`. Raises InvalidFrame with the reason."""
    query = _parse(query_string)
    since = last_event_id or query.get("since", [""])[-1]
    return _frame(query, query.get("filter", []), since)


def read_begin(query_string: bytes) -> Subscribe | None:
    """What begins in the same stream beside the filters that go on from `since`; None where nothing does."""
    query = _parse(query_string)
    if "begin" not in query:
        return None
    return replace(_frame(query, query["begin"], query.get("begin_since", [""])[-1]), id=BEGIN_FRAME_ID)


def read_replay(query_string: bytes, *, last_event_id: str = "") -> Replay | None:
    """The replay that a query asks for, which goes on from the Last-Event-ID header; None: it asks for none."""
    query = _parse(query_string)
    if "replay_from" not in query:
        return None
    goes_on = last_event_id not in ("", str(NOWHERE))
    members: dict[str, object] = {
        "type": "replay",
        "id": FRAME_ID,
        "filters": list(map(plain, query.get("filter", []))),
    }
    members["from"] = _point(last_event_id if goes_on else query["replay_from"][-1])
    members["snapshot"] = not goes_on
    if "replay_to" in query:
        members["to"] = _point(query["replay_to"][-1])
    if "speed" in query:
        members["speed"] = _number(query["speed"][-1], "speed")
    return cast("Replay", frame_of(members))


def _point(text: str) -> str | int:
    return int(text[:20]) if text.isascii() and text.isdecimal() else text


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidFrame(f"`{name}` must be a number.") from None


def _frame(query: Mapping[str, Sequence[str]], filters: Sequence[str], since: str) -> Subscribe:
    asked = options(
        where=query.get("where", [""])[-1], fields=query.get("fields", []), max_rate=query.get("max_rate", [""])[-1]
    )
    asked["presence"] = _flag(query, "presence")
    return subscription(filters, since=since, snapshot=_flag(query, "snapshot"), asked=asked)


def _parse(query_string: bytes) -> dict[str, list[str]]:
    try:
        query = parse_qs(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise InvalidFrame("The query is not URL-encoded UTF-8, or has over 200 members.") from None
    return {name: query[name] for name in MEMBERS if name in query}


def _flag(query: Mapping[str, Sequence[str]], name: str) -> bool:
    flag = query.get(name, ["0"])[-1]
    if flag not in _YES + _NO:
        raise InvalidFrame(f"`{name}` must be 1 or 0.")
    return flag in _YES


def options(*, where: str, fields: Sequence[str], max_rate: str) -> dict[str, object]:
    """The options of a subscription as members of a frame; none for what is empty. Raises InvalidFrame."""
    found: dict[str, object] = {}
    if where:
        try:
            found["where"] = orjson.loads(where)
        except orjson.JSONDecodeError as error:
            raise InvalidPredicate(f"`where` is not JSON: {error}.") from None
    if fields:
        found["fields"] = list(fields)
    if max_rate:
        found["max_rate"] = _number(max_rate, "max_rate")
    return found


def subscription(
    filters: Sequence[str],
    *,
    since: str,
    snapshot: bool,
    limit: int | None = None,
    asked: Mapping[str, object] = MappingProxyType({}),
) -> Subscribe:
    """The same of members that were read already; an empty `since` is none, `asked` are other members of the frame."""
    if not filters:
        raise InvalidFrame("Name at least one topic filter: ?filter=telemetry/%2B")
    members: dict[str, object] = {"type": "subscribe", "id": FRAME_ID, "snapshot": snapshot, "since": since or None}
    frame = frame_of({**asked, **members, "filters": [plain(topic_filter) for topic_filter in filters]})
    return replace(cast("Subscribe", frame), limit=limit)


def plain(topic_filter: str) -> str:
    """A filter whose `+` was written as it is: in a query that means a space, which no topic has as a whole level."""
    return _LEVEL_OF_ONE_SPACE.sub("+", topic_filter)
