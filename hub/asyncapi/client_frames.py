"""Schemas of what a client sends by `hub.v1.json`; what they can't say (bytes of UTF-8, …) the hub still checks."""

from hub.asyncapi.schema import Schema, boolean, const, integer, listed, members, number, one_of, or_null, ref, text
from hub.auth import MAX_TOKEN_BYTES
from hub.comparison import LISTED, OPS, ORDERED, PARTIAL
from hub.interest import MAX_FIELDS, MAX_RATE, MIN_RATE
from hub.predicate import MAX_CONDITIONS, MAX_DEPTH, MAX_KEY_CHARS, MAX_VALUE_CHARS, MAX_VALUES
from hub.protocol import MAX_FILTERS
from hub.replay_request import MAX_SPEED, MAX_TIME_MS, MIN_SPEED

ID = integer("The client's choice; the reply carries it.", minimum=1)


def _frame(
    verb: str, description: str, required: dict[str, Schema], optional: dict[str, Schema] | None = None
) -> Schema:
    return members(description, {"type": const(verb), "id": ID, **required}, optional)


_FILTERS = listed(ref("Filter"), "Topic filters.", minItems=1, maxItems=MAX_FILTERS)

_OPTIONS: dict[str, Schema] = {
    "where": {**or_null(ref("Condition")), "description": "Only events whose data satisfy the condition."},
    "fields": {
        **or_null(listed(text("A key.", minLength=1, maxLength=MAX_KEY_CHARS), "", minItems=1, maxItems=MAX_FIELDS)),
        "description": "Of telemetry only these keys.",
    },
    "max_rate": {
        **or_null({"type": "number", "minimum": MIN_RATE, "maximum": MAX_RATE}),
        "description": "Of telemetry at most so many events per second and topic; the others are conflated.",
    },
}

_LITERAL: Schema = {"type": ["string", "number", "boolean", "null"], "maxLength": MAX_VALUE_CHARS}
_KEY = text("A key of the data, or with dots a way through objects.", minLength=1, maxLength=MAX_KEY_CHARS)
_COMPARED: dict[str, Schema] = {
    **dict.fromkeys(OPS, _LITERAL),
    **{op: {"type": ["number", "string"], "maxLength": MAX_VALUE_CHARS} for op in ORDERED},
    **{op: {"type": "string", "maxLength": MAX_VALUE_CHARS} for op in PARTIAL},
    **{op: {"type": "array", "items": _LITERAL, "minItems": 1, "maxItems": MAX_VALUES} for op in LISTED},
    "exists": {"type": "boolean"},
}
"""What each `op` takes as `value`."""


def _comparisons() -> list[Schema]:
    """One schema for all `op` that take the same."""
    alike: list[tuple[Schema, list[str]]] = []
    for op, value in _COMPARED.items():
        known = next((ops for schema, ops in alike if schema == value), None)
        if known is None:
            alike.append((value, [op]))
        else:
            known.append(op)
    return [_comparison(ops, value) for value, ops in alike]


def _comparison(ops: list[str], value: Schema) -> Schema:
    required = ["key", "op"] if ops == ["exists"] else ["key", "op", "value"]
    properties = {"key": _KEY, "op": {"enum": ops}, "value": value}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _joined(word: str, inner: Schema) -> Schema:
    return {"type": "object", "properties": {word: inner}, "required": [word], "additionalProperties": False}


_SEVERAL: Schema = {"type": "array", "items": ref("Condition"), "minItems": 1}

_POINT: Schema = {
    "oneOf": [ref("Position"), integer("ms since the epoch.", minimum=0, maximum=MAX_TIME_MS)],
    "description": "A moment of the past.",
}
_SPEED = number("How many times as fast as it was.", minimum=MIN_SPEED, maximum=MAX_SPEED)
_NEEDED: dict[str, dict[str, Schema]] = {
    "pause": {},
    "resume": {},
    "seek": {"from": _POINT},
    "speed": {"speed": _SPEED},
    "stop": {},
}
"""What each action of `replay` takes."""


def _action(name: str, needed: dict[str, Schema]) -> Schema:
    replay = integer("The id of the frame that began the replay.")
    return _frame("replay", f"Do something to a replay: {name}.", {"replay": replay, "action": const(name), **needed})


CLIENT_FRAMES: dict[str, Schema] = {
    "auth": _frame(
        "auth",
        "Sign in, or renew in place.",
        {"token": text(f"A token or an API key; over {MAX_TOKEN_BYTES} bytes it holds no more.")},
    ),
    "subscribe": _frame(
        "subscribe",
        "Add filters; recover from `since`, or begin with a snapshot.",
        {"filters": _FILTERS},
        {
            "since": {**or_null(ref("Position")), "description": "Recover from this position."},
            "snapshot": boolean("Send the latest events first."),
            "presence": boolean("Be present on all topics that the filters name, not only on those under `chat/`."),
            **_OPTIONS,
        },
    ),
    "unsubscribe": _frame(
        "unsubscribe",
        "Take filters away: with whatever options, or only those with the same where any option is given.",
        {"filters": _FILTERS},
        _OPTIONS,
    ),
    "publish": _frame(
        "publish",
        "Put one event on the log.",
        {"topic": ref("Topic"), "data": {"type": "object", "description": "What this topic takes (docs/chat.md)."}},
    ),
    "presence": _frame("presence", "Tell who is on a topic now.", {"topic": ref("Topic")}),
    "replay": {
        **one_of(
            [
                _frame(
                    "replay",
                    "Play what was recorded after `from`, in the order of the log; first how things were then.",
                    {"filters": _FILTERS, "from": _POINT},
                    {
                        "to": {**or_null(_POINT), "description": "Play up to this moment; else all that there is."},
                        "speed": _SPEED,
                        "paused": boolean("Begin paused: only how things were, until `resume`."),
                        "snapshot": boolean("False: not how things were, only what came after."),
                    },
                ),
                *(_action(name, needed) for name, needed in _NEEDED.items()),
            ],
            "Play the past, or do something to a replay.",
        ),
    },
    "typing": _frame("typing", "Tell those in a chat room that one is typing.", {"topic": ref("Topic")}),
}
"""By verb."""

CONDITION: Schema = {
    **one_of(
        [*_comparisons(), _joined("and", _SEVERAL), _joined("or", _SEVERAL), _joined("not", ref("Condition"))],
        f"A condition on an event's data: at most {MAX_CONDITIONS} comparisons, nested {MAX_DEPTH} deep.",
    ),
}
