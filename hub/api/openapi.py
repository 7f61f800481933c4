"""The OpenAPI document: what FastAPI finds in the routes, with examples, and the errors that follow from it."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from hub.api.gate import SAFE_METHODS
from hub.api.headers import API_PREFIX
from hub.api.stream_contract import STREAM_PATH, stream_operation
from hub.errors import (
    BAD_REQUEST,
    INVALID_TOKEN,
    NOT_AVAILABLE,
    PERMISSION_DENIED,
    REQUEST_TIMEOUT,
    TOKEN_EXPIRED,
    TOO_LARGE,
    UNAUTHORIZED,
)
from hub.refusals import ERROR_ANSWER, JSON, join, refusals

NOBODY: dict[str, list[str]] = {}
"""Among the `security` of an operation: it is answered to who has not signed in, too."""
TAGS = {
    "sign-in": "Signing in and out, and tickets.",
    "users": "Who may sign in; for admins.",
    "keys": "What programs may sign in with; for admins.",
    "devices": "Devices as they are now.",
    "commands": "What devices are told, and the proof that they did it.",
    "twins": "What is desired of devices, and what they report of it.",
    "inbox": "What was not understood, and mappings that say what it means; for operators.",
    "history": "Values of the past.",
    "ingest": "What devices say that have no MQTT.",
    "events": "Events as they come, for who can only ask, and publishing.",
    "chat": "Rooms and what was said in them.",
    "status": "How the hub is.",
    "health": "What a supervisor asks; needs no sign-in.",
    "contracts": "Documents that say what the hub speaks; need no sign-in.",
}
_DESCRIPTION = """\
Everything that is a request and an answer. What is pushed (WebSocket, server-sent events, Socket.IO) is in
`/asyncapi.yaml`, and docs/protocol.md is the written specification. Times are ms since the epoch unless said otherwise.
An answer that is an error is `{"error": {"code", "name", "message"}}`; docs/codes.md has the table.
"""


def operation_id(route: APIRoute) -> str:
    """The name of the function that answers: readable, and the same as long as nobody renames it."""
    return route.name


class Application(FastAPI):
    """FastAPI with a document that is whole."""

    def openapi(self) -> dict[str, Any]:
        """The document; made when it is asked for first."""
        if self.openapi_schema is None:
            document = super().openapi()
            terms = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
            document["info"] |= {"description": _DESCRIPTION, "license": terms}
            document["tags"] = [{"name": name, "description": told} for name, told in TAGS.items()]
            if any(getattr(route, "path", "") == STREAM_PATH for route in self.routes):
                document["paths"][STREAM_PATH] = {"get": stream_operation()}
            _complete(document)
        return self.openapi_schema or {}


def _complete(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        _add_refusals(operation, path=path, method=method)
        for media in _media(operation):
            _exemplify(media, schemas)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method in capitals, and operation, of each in the document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def _add_refusals(operation: dict[str, Any], *, path: str, method: str) -> None:
    responses = operation["responses"]
    if operation.get("parameters") or "requestBody" in operation:
        join(responses, refusals(BAD_REQUEST))
    if "requestBody" in operation:
        join(responses, refusals(REQUEST_TIMEOUT))
    security = operation.get("security", [])
    if security and NOBODY not in security:
        join(responses, refusals(UNAUTHORIZED, INVALID_TOKEN, TOKEN_EXPIRED, NOT_AVAILABLE))
    if path.startswith(API_PREFIX):
        if method not in SAFE_METHODS:
            # A page of another origin; a body that is too large, also where none is wanted (see gate).
            join(responses, refusals(PERMISSION_DENIED, TOO_LARGE))
        responses["default"] = {
            "description": "Any other error.",
            "content": {JSON: {"schema": ERROR_ANSWER}},
        }


def _media(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from holder.get("content", {}).values()


def _exemplify(media: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give a body the example of its model."""
    if "example" in media or "examples" in media:
        return
    name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
    examples = schemas.get(name, {}).get("examples")
    if examples:
        media["example"] = examples[0]
