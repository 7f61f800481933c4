"""What routes may refuse, as the OpenAPI document says it: by HTTP status, with an example for each code."""

from typing import Any

from hub.errors import TOO_MANY_REQUESTS, UNAUTHORIZED, ErrorCode

JSON = "application/json"
ERROR_ANSWER = {"$ref": "#/components/schemas/ErrorAnswer"}
_HEADERS: dict[int, dict[str, Any]] = {
    UNAUTHORIZED.http_status: {
        "WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}, "example": "Bearer"}
    },
    TOO_MANY_REQUESTS.http_status: {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": 30}
    },
}


def refusals(*codes: ErrorCode) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may be answered with these errors, beside those that `openapi` finds itself."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        shape = found.setdefault(code.http_status, _shape(code.http_status))
        shape["description"] = " ".join(filter(None, (shape["description"], code.message)))
        value = {"error": {"code": code.number, "name": code.name, "message": code.message}}
        shape["content"][JSON]["examples"][code.name] = {"summary": code.message, "value": value}
    return found


def _shape(status: int) -> dict[str, Any]:
    shape: dict[str, Any] = {"description": "", "content": {JSON: {"schema": ERROR_ANSWER, "examples": {}}}}
    return {**shape, "headers": _HEADERS[status]} if status in _HEADERS else shape


def join(responses: dict[str, Any], more: dict[int | str, dict[str, Any]]) -> None:
    """Put what else may be refused beside what a document's operation has."""
    for status, shape in more.items():
        there = responses.setdefault(str(status), shape)
        examples = there["content"][JSON].setdefault("examples", {})
        new = {name: example for name, example in shape["content"][JSON]["examples"].items() if name not in examples}
        examples.update(new)
        if there is not shape and new:
            there["description"] = " ".join([there["description"], *(each["summary"] for each in new.values())])
