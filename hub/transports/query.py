"""The query of `/events` and `/api/events`: what a client asks for, in its URL."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qs

from hub.errors import InvalidFrame
from hub.protocol import Subscribe, frame_of

_LEVEL_OF_ONE_SPACE = re.compile(r"(?<![^/]) (?![^/])")
_YES, _NO = ("1", "true"), ("0", "false", "")
FRAME_ID = 1
"""Of the subscription that such a request makes; its reply carries it."""


def read_query(query_string: bytes, *, last_event_id: str = "") -> Subscribe:
    """The subscription of a query; the Last-Event-ID header wins over `since`. Raises InvalidFrame with the reason."""
    try:
        query = parse_qs(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise InvalidFrame("The query is not URL-encoded UTF-8, or has over 200 members.") from None
    snapshot = query.get("snapshot", ["0"])[-1]
    if snapshot not in _YES + _NO:
        raise InvalidFrame("`snapshot` must be 1 or 0.")
    since = last_event_id or query.get("since", [""])[-1]
    return subscription(query.get("filter", []), since=since, snapshot=snapshot in _YES)


def subscription(filters: Sequence[str], *, since: str, snapshot: bool, limit: int | None = None) -> Subscribe:
    """The same of members that were read already; an empty `since` is none."""
    members: dict[str, object] = {"type": "subscribe", "id": FRAME_ID, "snapshot": snapshot, "since": since or None}
    if not filters:
        raise InvalidFrame("Name at least one topic filter: ?filter=telemetry/%2B")
    frame = frame_of(members | {"filters": [plain(topic_filter) for topic_filter in filters]})
    if not isinstance(frame, Subscribe):
        raise TypeError(frame)
    return Subscribe(frame.id, frame.filters, frame.since, frame.snapshot, limit)


def plain(topic_filter: str) -> str:
    """A filter whose `+` was written as it is: in a query that means a space, which no topic has as a whole level."""
    return _LEVEL_OF_ONE_SPACE.sub("+", topic_filter)
