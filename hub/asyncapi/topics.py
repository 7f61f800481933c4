"""Schemas of events, and of the data that each kind of topic has."""

from hub.asyncapi.schema import Schema, boolean, integer, listed, mapping, members, one_of, ref, text
from hub.chat import MAX_TEXT_BYTES
from hub.commands.command import State
from hub.mapping import FORMATS
from hub.raw_event import REFUSALS

_WHO = text("The user.")
_MENTIONS = listed(text("A user."), "Whom the text names with `@`.")
_ID = text("The id of a message; ids sort in the order of the messages.", pattern="^[0-9a-z]{13}$")
_MOMENT = members(
    "A link to what a device did then.",
    {"position": ref("Position"), "device": text("The device's id.")},
    {
        "key": text("One of its keys."),
        "time": {**ref("Time"), "description": "When it was, by the clock of the hub; a client may show it."},
    },
)

DATA: dict[str, Schema] = {
    "telemetry/": mapping(ref("Scalar"), "Values of a device by key; in a snapshot the latest of each."),
    "connectivity/": members(
        "Whether a device is reachable.",
        {"state": {"enum": ["online", "offline", "stale"]}},
        {
            "since": {**ref("Time"), "description": "When it began to be so."},
            "by": {"enum": ["status", "values", "silence"], "description": "What says so."},
            "interval_ms": integer("How often the device speaks, where that is known.", minimum=0),
            "keys": listed(text("A key."), "Those that are stale while others are not."),
            "key_intervals": mapping(integer("In ms.", minimum=0), "How often each of those usually comes."),
        },
    ),
    "device/": members(
        "What is known of a device beside its values.",
        {
            "name": text("What people call it."),
            "family": text("The convention by which it speaks."),
            "units": mapping({"type": "string"}, "The unit of each key that has one."),
            "attributes": mapping({"type": "string"}, "Facts that seldom change: model, firmware, …"),
        },
        {
            "via": text("The gateway that it speaks through."),
            "keys": mapping({"enum": ["number", "boolean", "string"]}, "The kind of each of its keys."),
            "first_seen": {**ref("Time"), "description": "When it was heard first."},
        },
    ),
    "registry/": members(
        "What people say of a device, whole after a change; to be taken only if `version` is above the known one.",
        {
            "version": integer("Counts the changes.", minimum=1),
            "name": text("What people call it; empty: as it calls itself."),
            "tags": listed(text("A tag."), "Sorted."),
            "location": text("Where it is."),
            "notes": text("Anything else."),
            "interval_s": {"type": ["number", "null"], "description": "How often it is expected to speak."},
            "zone": text("The time zone of its clock."),
            "approved": {"type": ["boolean", "null"], "description": "false: what it says is not taken."},
            "merged_into": {"type": ["string", "null"], "description": "The device that it is a part of."},
            "forgotten": {"type": ["integer", "null"], "description": "When it was forgotten last (ms)."},
            "erased": boolean("Whether its history went with it."),
        },
        {"by": text("Who has made this change.")},
    ),
    "$quarantine/": members(
        "A device that waits to be approved, or was refused; for operators.",
        {
            "family": text("The convention by which it speaks."),
            "attributes": mapping({"type": "string"}, "What it tells of itself."),
            "messages": integer("How many were held back.", minimum=1),
            "first_seen": ref("Time"),
            "last_seen": ref("Time"),
            "samples": listed(
                members("What it said.", {"time": ref("Time"), "data": mapping(ref("Scalar"), "By key.")}),
                "The newest.",
            ),
        },
    ),
    "command/": members(
        "A step of a command's life: the whole command; to be taken only if `version` is the next one.",
        {
            "id": text("The command's id; ids sort in the order in which they were given.", pattern="^[0-9a-z]{13}$"),
            "device": text("The device's id."),
            "state": {"enum": [state.value for state in State]},
            "version": integer("Counts the steps.", minimum=1),
            "name": text("What is asked, as the family calls it."),
            "by": _WHO,
            "created": ref("Time"),
            "expires": ref("Time"),
        },
        {
            "value": {"description": "Any JSON."},
            "time": {**ref("Time"), "description": "When this step was made."},
            "at": {**ref("Time"), "description": "When it is to be sent."},
            "sent": {**ref("Time"), "description": "When the broker had it."},
            "expect": {"type": "object", "description": "What telemetry is to show: key, op, value, within_s."},
            "idempotent": boolean("Whether it may be sent again where nobody knows whether it was."),
            "approved_by": text("Who has approved it."),
            "bulk": text("What all commands have that were given together."),
            "twin": text("The desired key of the device's twin that it is for."),
            "runner": text("Who sends it."),
            "since": ref("Position"),
            "reason": text("Why it is in this state."),
            "evidence": {"type": "object", "description": "What proves each state, by its name."},
        },
    ),
    "twin/": members(
        "What is desired of a device and what it reports of that, whole after a change; to be taken only if `version` "
        "is above the known one, or the same with the same `since`.",
        {
            "version": integer("Counts the changes of what is desired.", minimum=1),
            "desired": mapping(ref("Scalar"), "What is wanted, by key of telemetry."),
            "reported": mapping(ref("Scalar"), "What the device reports of these keys."),
            "delta": mapping(ref("Scalar"), "What is desired and not reported."),
            "since": mapping(ref("Time"), "When each desired value was set."),
            "apart": mapping(ref("Time"), "Since when the device reports another value, or none."),
            "by": text("Who has changed it last."),
        },
    ),
    "chat/": one_of(
        [
            members(
                "A message; older ones have no id.",
                {"text": text(f"At most {MAX_TEXT_BYTES} bytes of UTF-8."), "author": _WHO},
                {"id": _ID, "reply_to": _ID, "mentions": _MENTIONS, "moment": _MOMENT},
            ),
            members(
                "An edit; the event's `time` is that of the message.",
                {"edit": _ID, "text": text("What the message says now."), "by": _WHO},
                {"mentions": _MENTIONS},
            ),
            members("A deletion; the event's `time` is that of the message.", {"delete": _ID, "by": _WHO}),
        ],
        "What is said in a room.",
    ),
    "room/": members(
        "A chat room after a change, whole; to be taken only if `version` is above the one that is known.",
        {
            "version": integer("Counts the changes.", minimum=1),
            "title": text("What it is called."),
            "topic": text("What it is about."),
            "private": boolean("Whether only its members see it."),
            "members": listed(text("A user."), "Of a private room."),
            "created_by": _WHO,
            "created": ref("Time"),
            "archived": boolean("Whether nothing is said in it any more."),
        },
        {"by": text("Who has made this change.")},
    ),
    "$read/": members("How far a user has read in a room.", {"id": _ID}),
    "presence/": members(
        "A user's first session on the topic, or the end of the last.",
        {"event": {"enum": ["join", "leave"]}, "user": _WHO},
    ),
    "raw/": members(
        "A message that no decoder understood.",
        {
            "refusal": {"enum": list(REFUSALS), "description": "Why, in a word."},
            "reason": text("Why, in a sentence."),
            "payload": text("The beginning of its payload, as text."),
            "bytes": integer("The size of its payload.", minimum=0),
        },
        {
            "topic": text("The MQTT topic where it is another, or its beginning where it can be none of the hub's."),
            "family": text("The family whose decoder refused it."),
            "payload_hex": text("The whole of a short payload that is no text.", pattern="^([0-9a-f]{2})+$"),
        },
    ),
    "mapping/": members(
        "What an operator says that topics mean, whole; docs/decoders.md has its members.",
        {"name": text("Its name.")},
        {
            "filter": text("The topics, an MQTT filter."),
            "device": text("A template of the device's id."),
            "format": {"enum": list(FORMATS), "description": "Of the payload."},
            "values": listed({"type": "object"}, "Its readings: key, path, unit, scale."),
            "family": text("The family as whose the messages are read."),
            "topic": text("A template of the topic that the family would use."),
            "ignore": boolean("Whether the messages say nothing."),
            "removed": boolean("Whether it is a mapping no more."),
            "by": text("Who has made this change."),
        },
    ),
    "system/": {"type": "object", "description": "What the hub says of itself; `system/audit/…` is for admins."},
}
"""By the beginning of the topic."""

NAMES = {prefix: f"{prefix.strip('$/').capitalize()}Data" for prefix in DATA}
"""The same beginnings, and what their schemas are called in the document."""

_CONFLATED = members(
    "There where an event stands for several of the log.",
    {
        "count": integer("How many.", minimum=1),
        "from": ref("Time"),
        "min": mapping({"type": "number"}, "The least value of each key that was a number throughout."),
        "max": mapping({"type": "number"}, "The greatest value of each such key."),
    },
)


def _case(prefix: str) -> Schema:
    topic = {"properties": {"topic": {"pattern": f"^{prefix.replace('$', chr(92) + '$')}"}}}
    return {"if": topic, "then": {"properties": {"data": ref(NAMES[prefix])}}}


EVENT: Schema = {
    **members(
        "One event of the log. What `data` has depends on the first level of `topic`.",
        {
            "topic": ref("Topic"),
            "time": ref("Time"),
            "data": {"type": "object"},
        },
        {
            "received": {**ref("Time"), "description": "When the hub got it, where `time` is another clock's."},
            "conflated": _CONFLATED,
        },
    ),
    "allOf": [_case(prefix) for prefix in DATA],
}
