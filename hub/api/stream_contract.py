"""What the OpenAPI document says of `/events`, which is no route of FastAPI's; `/asyncapi.yaml` says what comes."""

from typing import Any

from hub.errors import (
    BAD_REQUEST,
    INVALID_FILTER,
    INVALID_POSITION,
    INVALID_PREDICATE,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    UNRECOVERABLE_POSITION,
)
from hub.refusals import refusals

STREAM_PATH = "/events"
MEDIA_TYPE = "text/event-stream"

_EXAMPLE = (
    "retry: 1000\n:\n\n"
    'event: reply\ndata: {"type":"reply","id":1,"ok":true,"position":"k3v9-1041"}\n\n'
    'event: events\nid: k3v9-1041\ndata: {"type":"events","position":"k3v9-1041","snapshot":true,"events":[]}\n\n'
)


def _parameter(name: str, description: str, example: object, **words: Any) -> dict[str, Any]:
    schema = words.pop("schema", {"type": "string"})
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example, **words}


_FILTERS = {"type": "array", "items": {"type": "string"}}
_FLAG = {"type": "integer", "enum": [0, 1]}
_CONDITION = '{"key":"temperature","op":"gt","value":30}'
_PARAMETERS = [
    _parameter("filter", "A topic filter; may be repeated.", ["telemetry/+"], schema=_FILTERS, required=True),
    _parameter("since", "Recover from this position.", "k3v9-1041"),
    _parameter("snapshot", "1: the latest events first.", 1, schema=_FLAG),
    _parameter("presence", "1: be present on all topics that the filters name.", 1, schema=_FLAG),
    _parameter("where", "Only events whose data satisfy this condition (JSON).", _CONDITION),
    _parameter("fields", "Of telemetry only this key; may be repeated.", ["temperature"], schema=_FILTERS),
    _parameter("max_rate", "Of telemetry at most so many events per second and topic.", 5, schema={"type": "number"}),
    _parameter("begin", "Filters that begin beside those that go on from `since`.", ["chat/ops"], schema=_FILTERS),
    _parameter("begin_since", "Recover those of `begin` from this position.", "k3v9-1040"),
    _parameter("replay_from", "Play the past from this position, or time in ms, instead of the present.", "k3v9-1040"),
    _parameter("replay_to", "Play up to this position, or time in ms.", "1732412345123"),
    _parameter("speed", "How many times as fast as it was, 0.1 to 100.", 10, schema={"type": "number"}),
    _parameter("ticket", "A ticket, instead of a token.", "q7Zt0cV4dPzX1bM9yH2kS5uR8wN3fJ6L"),
    {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The last `id` that came: a browser sends it by itself; it goes before `since`.",
        "schema": {"type": "string"},
        "example": "k3v9-1041",
    },
]


def stream_operation() -> dict[str, Any]:
    """The operation `GET /events`."""
    return {
        "tags": ["events"],
        "summary": "Stream events",
        "description": "Events as they come, as server-sent events: the request is the subscription. "
        "`/asyncapi.yaml` describes what comes.",
        "operationId": "stream_events",
        "parameters": _PARAMETERS,
        "security": [{"bearer": []}, {"cookie": []}, {"ticket": []}],
        "responses": {
            "200": {
                "description": "The stream; each `data` is a frame of `hub.v1.json`.",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
            },
            "204": {
                "description": "To a browser that comes back by itself: stay away. `Hub-Close` says why.",
                "headers": {"Hub-Close": {"schema": {"type": "string"}, "example": "3500 invalid_token"}},
            },
            **{
                str(status): shape
                for status, shape in refusals(
                    BAD_REQUEST,
                    INVALID_FILTER,
                    INVALID_POSITION,
                    INVALID_PREDICATE,
                    PERMISSION_DENIED,
                    TOO_MANY_REQUESTS,
                    UNRECOVERABLE_POSITION,
                ).items()
            },
        },
    }
