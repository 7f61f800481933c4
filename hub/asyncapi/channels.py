"""Servers, channels and operations of the document, as the hub sees them: it receives what clients and devices send."""

from collections.abc import Sequence

from hub.asyncapi.client_frames import CLIENT_FRAMES
from hub.asyncapi.devices import DEVICE_CHANNELS, conventions
from hub.asyncapi.messages import ANY_DEVICE, SENT, reply_to, title
from hub.asyncapi.schema import Schema, boolean, listed, number, ref, text
from hub.auth import COOKIE
from hub.errors import CLOSE_CODES
from hub.interest import MAX_FIELDS, MAX_RATE, MIN_RATE
from hub.predicate import MAX_KEY_CHARS
from hub.protocol import MAX_CLIENT_FRAME_BYTES, MAX_EVENTS_FRAME_BYTES, MAX_FILTERS, SUBPROTOCOL
from hub.replay_request import MAX_SPEED, MIN_SPEED
from hub.tickets import TICKET_TTL_S
from hub.transports.conversation import AUTH_TIMEOUT_S
from hub.transports.credentials import TOKEN_SUBPROTOCOL
from hub.transports.sse_stream import PROLOGUE

_STREAMED = ("subscribeReply", "events", "heartbeat", "gap", "replay_end", "typingNotice", "close")
"""What comes by server-sent events."""
_ON_WEBSOCKET = [name for name in SENT if name not in {"refusal", "close"}]
_ON_SOCKETIO = [name for name in SENT if name != "refusal"]

_SECURITY = [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("bearer", "cookie", "ticket")]

SECURITY_SCHEMES: dict[str, Schema] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"A token or an API key. A browser's WebSocket sends it as the subprotocol `{TOKEN_SUBPROTOCOL}"
        f"<token>` beside `{SUBPROTOCOL}`, or in an `auth` frame within {AUTH_TIMEOUT_S:g} s of connecting.",
    },
    "cookie": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Set by signing in; counts only for pages of this hub, or of HUB_HTTP_ORIGINS.",
    },
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": f"Of `POST /api/tickets`; holds once, within {TICKET_TTL_S} s.",
    },
    "broker": {"type": "userPassword", "description": "Where the broker asks for it."},
}


def servers() -> dict[str, Schema]:
    """Where the hub and its broker are, by default."""
    host = {"host": "{host}", "variables": {"host": {"default": "127.0.0.1:8000", "description": "Host and port."}}}
    return {
        "websocket": {**host, "protocol": "ws", "description": "The hub; `wss` behind TLS.", "security": _SECURITY},
        "sse": {**host, "protocol": "http", "description": "The hub, for server-sent events.", "security": _SECURITY},
        "socketio": {
            **host,
            "protocol": "socketio",
            "protocolVersion": "5",
            "description": "The hub, for clients of Socket.IO 4, where `hub[socketio]` is installed.",
            "security": _SECURITY[:2],
        },
        "broker": {
            "host": "{host}",
            "variables": {"host": {"default": "127.0.0.1:1883", "description": "Host and port."}},
            "protocol": "mqtt",
            "protocolVersion": "3.1.1",
            "description": "The broker that devices speak to: the hub's own, or that of HUB_MQTT_URL.",
            "security": [{"$ref": "#/components/securitySchemes/broker"}],
        },
    }


def _messages(names: Sequence[str]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _on(server: str) -> list[Schema]:
    return [{"$ref": f"#/servers/{server}"}]


def channels() -> dict[str, Schema]:
    """Where messages go."""
    verbs = [*CLIENT_FRAMES, *map(reply_to, CLIENT_FRAMES), "refusal"]
    return {
        "websocket": {
            "address": "/ws",
            "title": "WebSocket",
            "description": f"Subprotocol `{SUBPROTOCOL}`: every message is one JSON object in a text frame. A client's "
            f"frame has at most {MAX_CLIENT_FRAME_BYTES} bytes, a frame of events about {MAX_EVENTS_FRAME_BYTES}.",
            "servers": _on("websocket"),
            "messages": _messages([*verbs, *_ON_WEBSOCKET]),
            "bindings": {"ws": {"method": "GET", "query": _query({"ticket": _TICKET}), "bindingVersion": "0.1.0"}},
            "x-close-codes": [
                {"code": code.number, "name": code.name, "message": code.message, "reconnect": code.reconnect}
                for code in CLOSE_CODES
            ],
        },
        "sse": {
            "address": "/events",
            "title": "Server-sent events",
            "description": "The request is the subscription. `event` is a frame's `type`, `data` the frame, `id` its "
            f"position. It begins with `{PROLOGUE.decode().splitlines()[0]}`. To publish: `POST /api/events`.",
            "servers": _on("sse"),
            "messages": _messages(_STREAMED),
        },
        "socketio": {
            "address": "/socket.io/",
            "title": "Socket.IO",
            "description": "The verbs are events with one object, without `type` and `id`, and an acknowledgement, "
            "which is the reply. What the hub sends are events named by the frame's `type`. The token is "
            "`auth: { token }`.",
            "servers": _on("socketio"),
            "messages": _messages([*verbs, *_ON_SOCKETIO]),
        },
        **{name: _device_channel(name) for name in DEVICE_CHANNELS},
        "anyDevice": {
            "address": "{topic}",
            "title": "Any device",
            "description": "Whatever a device says. The first of the conventions that knows the topic reads it; what "
            "none understands becomes an event on `raw/…`.",
            "servers": _on("broker"),
            "parameters": {"topic": {"description": "Any MQTT topic."}},
            "messages": _messages([ANY_DEVICE]),
            "x-conventions": conventions(),
        },
    }


def _device_channel(name: str) -> Schema:
    channel = DEVICE_CHANNELS[name]
    told = {"path": "One or several levels.", "device": "What names the device.", "key": "What names the value."}
    return {
        "address": channel.address,
        "title": title(name),
        "description": f"{channel.description} Decoder: `{channel.family}`.",
        "servers": _on("broker"),
        "parameters": {parameter: {"description": told[parameter]} for parameter in channel.parameters},
        "messages": _messages([name]),
    }


_TICKET = text("A ticket, instead of a token.")
_FILTERS = listed(ref("Filter"), "Topic filters; repeated in the query.", minItems=1, maxItems=MAX_FILTERS)


def _query(properties: dict[str, Schema], *required: str) -> Schema:
    shown: Schema = {"type": "object", "properties": properties}
    return {**shown, "required": list(required)} if required else shown


def operations() -> dict[str, Schema]:
    """What the hub receives and sends."""
    found: dict[str, Schema] = {}
    for server, suffix in (("websocket", ""), ("socketio", "OverSocketIo")):
        found |= {f"{verb}{suffix}": _verb(verb, server) for verb in CLIENT_FRAMES}
        sent = _ON_WEBSOCKET if server == "websocket" else _ON_SOCKETIO
        found[f"deliver{suffix}"] = _send(server, sent, "What a session is due, unasked.")
    found["stream"] = {
        **_send("sse", _STREAMED, "What a session is due, as a stream of server-sent events."),
        "bindings": {"http": {"method": "GET", "query": _STREAM_QUERY, "bindingVersion": "0.3.0"}},
    }
    told = {name: channel.description for name, channel in DEVICE_CHANNELS.items()}
    for name, description in {**told, ANY_DEVICE: "What a device says by any convention."}.items():
        found[f"read{name[0].upper()}{name[1:]}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": description,
            "messages": _of(name, [name]),
            "bindings": {"mqtt": {"qos": 1, "bindingVersion": "0.2.0"}},
        }
    return found


_STREAM_QUERY = _query(
    {
        "filter": _FILTERS,
        "since": ref("Position"),
        "snapshot": boolean("1: the latest events first."),
        "presence": boolean("1: be present on all topics that the filters name."),
        "where": text(
            "Only events whose data satisfy this condition: the JSON of a `Condition`.",
            contentMediaType="application/json",
        ),
        "fields": listed(
            text("A key.", minLength=1, maxLength=MAX_KEY_CHARS),
            "Of telemetry only these keys; repeated in the query.",
            minItems=1,
            maxItems=MAX_FIELDS,
        ),
        "max_rate": number(
            "Of telemetry at most so many events per second and topic; the others are conflated.",
            minimum=MIN_RATE,
            maximum=MAX_RATE,
        ),
        "begin": {**_FILTERS, "description": "Filters that begin beside those that go on from `since`."},
        "begin_since": {**ref("Position"), "description": "Recover those of `begin` from this position."},
        "ticket": _TICKET,
        "replay_from": {**ref("Position"), "description": "Play the past from this position, or time in ms."},
        "replay_to": {**ref("Position"), "description": "Play up to this position, or time in ms."},
        "speed": number("How many times as fast as it was.", minimum=MIN_SPEED, maximum=MAX_SPEED),
    },
    "filter",
)


def _of(channel: str, names: Sequence[str]) -> list[Schema]:
    return [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]


def _verb(verb: str, channel: str) -> Schema:
    there = {"$ref": f"#/channels/{channel}"}
    return {
        "action": "receive",
        "channel": there,
        "summary": CLIENT_FRAMES[verb]["description"],
        "messages": _of(channel, [verb]),
        "reply": {"channel": there, "messages": _of(channel, [reply_to(verb), "refusal"])},
    }


def _send(channel: str, names: Sequence[str], summary: str) -> Schema:
    where = {"$ref": f"#/channels/{channel}"}
    return {"action": "send", "channel": where, "summary": summary, "messages": _of(channel, names)}
