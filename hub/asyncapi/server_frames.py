"""Schemas of what the hub sends: replies, events, heartbeats, and why a connection ends."""

from hub.asyncapi.schema import Schema, boolean, const, integer, listed, members, one_of, ref, text
from hub.auth import Role
from hub.errors import CLOSE_CODES, ERROR_CODES
from hub.node import HEARTBEAT_S
from hub.presence import MAX_MEMBERS


def _reply(description: str, required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    asked = integer("Of the client frame that this answers.", minimum=1)
    return members(description, {"type": const("reply"), "id": asked, "ok": const(value=True), **required}, optional)


def _event_frame(kind: str, description: str, required: dict[str, Schema], optional: dict[str, Schema]) -> Schema:
    return members(description, {"type": const(kind), **required}, optional)


_POSITION = {"position": ref("Position")}

_REPLAYED: dict[str, Schema] = {
    "replay": integer("In a replay: the id of the frame that began it."),
    "time": {**ref("Time"), "description": "In a replay: the moment that plays."},
}

REPLIES: dict[str, Schema] = {
    "auth": _reply(
        "Signed in.",
        {
            "user": text("Who one is."),
            "role": {"enum": [role.value for role in Role]},
            "expires": integer("When the token expires, in seconds since the epoch."),
        },
    ),
    "subscribe": _reply(
        "Subscribed; what was missed or the snapshot follows, then live events.",
        _POSITION,
        {"recovered": boolean("There when `since` was given: whether all that was missed follows.")},
    ),
    "unsubscribe": _reply("Taken away.", _POSITION),
    "publish": _reply("On the log, at this position.", _POSITION),
    "presence": _reply(
        "Who is on the topic.",
        {
            "total": integer("How many users.", minimum=0),
            "members": listed(
                members(
                    "A user who is there.",
                    {
                        "user": text("The user."),
                        "sessions": integer("How many tabs or programs.", minimum=1),
                        "since": ref("Time"),
                    },
                ),
                "Those who have been there for longest.",
                maxItems=MAX_MEMBERS,
            ),
        },
    ),
    "typing": _reply("Told.", {}),
    "replay": _reply(
        "Done; after a beginning or `seek` follows how things were.",
        {"replay": integer("The id of the frame that began it."), "time": ref("Time")},
    ),
}
"""The answer to each verb, where it was carried out."""

ERROR: Schema = {
    **members(
        "Why a frame was not carried out.",
        {
            "code": {"type": "integer"},
            "name": {"type": "string"},
            "message": text("What a person can act on; may be more precise than the sentence of the code."),
        },
        {"retry_after_s": integer("Whole seconds to wait, with `too_many_requests`.", minimum=0)},
    ),
    "oneOf": [
        {
            "title": code.name,
            "description": f"{code.message} {'May succeed later.' if code.retry else 'Will not succeed as it is.'}",
            "properties": {"code": const(code.number), "name": const(code.name)},
        }
        for code in ERROR_CODES
    ],
}

CLOSE_CODE: Schema = one_of(
    [
        {
            "const": code.number,
            "title": code.name,
            "description": f"{code.message} {'Come back.' if code.reconnect else 'Do not come back by yourself.'}",
        }
        for code in CLOSE_CODES
    ],
    "Why the hub ends a connection. 3000-3499: come back with your position; 3500-3999: do not come back by yourself.",
)

SERVER_FRAMES: dict[str, Schema] = {
    "refusal": members(
        "A frame was not carried out; the connection goes on.",
        {
            "type": const("reply"),
            "id": {"type": ["integer", "null"], "description": "Null where the frame's could not be read."},
            "ok": const(value=False),
            "error": ref("Error"),
        },
    ),
    "events": _event_frame(
        "events",
        "Events in the order of the log, or the latest of each topic.",
        {**_POSITION, "events": listed(ref("Event"), "Perhaps none: then the position is what is told.")},
        {
            "snapshot": const(value=True, description="These are the latest events of the new filters' topics."),
            "part": const(value=True, description="More of the same follows; the position is the one before these."),
            "conflated": integer(
                "How many events of the log stand merged in some of these, or are under `max_rate`.", minimum=1
            ),
            **_REPLAYED,
        },
    ),
    "heartbeat": _event_frame(
        "heartbeat",
        f"Every {HEARTBEAT_S} s: all that was due up to the position has been sent.",
        {**_POSITION, "lag_ms": integer("How far the position is behind the log's head, in ms.", minimum=0)},
        {},
    ),
    "gap": _event_frame(
        "gap", "The log could not prove what lies before this position; a snapshot follows.", _POSITION, _REPLAYED
    ),
    "replay_end": _event_frame(
        "replay_end",
        "Nothing follows in a replay: all has been played, or it can't go on.",
        {**_POSITION, **_REPLAYED},
        {"error": ref("Error")},
    ),
    "typing": _event_frame("typing", "A user is typing; on no log.", {"topic": ref("Topic"), "user": text("Who.")}, {}),
    "close": _event_frame(
        "close",
        "The last of a stream that the hub ends, where the wire has no close code of its own.",
        {
            "code": ref("CloseCode"),
            "name": text("The code's name."),
            "message": text("Why, in a sentence."),
            "reconnect": boolean("Whether to come back."),
        },
        {},
    ),
}
"""What comes unasked, and the refusal."""
