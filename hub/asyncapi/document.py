"""The whole document: what every client of the hub may send, and everything that may come."""

from hub.asyncapi.channels import SECURITY_SCHEMES, channels, operations, servers
from hub.asyncapi.client_frames import CONDITION
from hub.asyncapi.messages import Golden, device_messages, frame_messages, frame_schema, frames
from hub.asyncapi.schema import WORDS, Schema
from hub.asyncapi.server_frames import CLOSE_CODE, ERROR
from hub.asyncapi.topics import DATA, EVENT, NAMES

_DESCRIPTION = """\
Devices speak MQTT; the hub understands what they say, puts every event on one log, and pushes it to every client that
may see it. This document is the hub's view: it *receives* what clients and devices send, and *sends* the rest. All
transports of clients carry the same frames, positions, permissions, limits and recovery; docs/protocol.md says how they
hang together. Requests over HTTP are in `/openapi.json`.
"""


def schemas() -> dict[str, Schema]:
    """Every schema by its name."""
    return {
        **WORDS,
        "Event": EVENT,
        **{NAMES[prefix]: data for prefix, data in DATA.items()},
        "Condition": CONDITION,
        "Error": ERROR,
        "CloseCode": CLOSE_CODE,
        **{frame_schema(name): schema for name, schema in frames().items()},
    }


def document(golden: Golden, *, version: str) -> Schema:
    """The AsyncAPI document; `golden` are the cases of tests/golden/frames.json, its examples."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:hub:v1",
        "info": {
            "title": "Hub",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": "iot"}, {"name": "telemetry"}, {"name": "chat"}],
        },
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels(),
        "operations": operations(),
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "messages": {**frame_messages(golden), **dict(device_messages())},
            "schemas": schemas(),
        },
    }
