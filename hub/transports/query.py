"""The query of `/events` and `/api/events`: what a client asks for, in its URL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast
from urllib.parse import parse_qs

from hub.errors import InvalidFrame
from hub.protocol import Subscribe, frame_of

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
    return subscription(query.get("filter", []), since=since, snapshot=_snapshot(query))


def read_begin(query_string: bytes) -> Subscribe | None:
    """What begins in the same stream beside the filters that go on from `since`; None where nothing does."""
    query = _parse(query_string)
    if "begin" not in query:
        return None
    frame = subscription(query["begin"], since="", snapshot=_snapshot(query))
    return replace(frame, id=BEGIN_FRAME_ID)


def _parse(query_string: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise InvalidFrame("The query is not URL-encoded UTF-8, or has over 200 members.") from None


def _snapshot(query: Mapping[str, Sequence[str]]) -> bool:
    snapshot = query.get("snapshot", ["0"])[-1]
    if snapshot not in _YES + _NO:
        raise InvalidFrame("`snapshot` must be 1 or 0.")
    return snapshot in _YES


def subscription(filters: Sequence[str], *, since: str, snapshot: bool, limit: int | None = None) -> Subscribe:
    """The same of members that were read already; an empty `since` is none."""
    if not filters:
        raise InvalidFrame("Name at least one topic filter: ?filter=telemetry/%2B")
    members: dict[str, object] = {"type": "subscribe", "id": FRAME_ID, "snapshot": snapshot, "since": since or None}
    frame = frame_of(members | {"filters": [plain(topic_filter) for topic_filter in filters]})
    return replace(cast("Subscribe", frame), limit=limit)


def plain(topic_filter: str) -> str:
    """A filter whose `+` was written as it is: in a query that means a space, which no topic has as a whole level."""
    return _LEVEL_OF_ONE_SPACE.sub("+", topic_filter)
