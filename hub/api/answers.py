"""Answers as JSON, and every error in one shape: `{"error": {"code", "name", "message"}}`."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hub.api.headers import SECURITY_HEADERS
from hub.errors import (
    BAD_REQUEST,
    INTERNAL,
    NOT_FOUND,
    PERMISSION_DENIED,
    TOO_LARGE,
    UNAUTHORIZED,
    ErrorCode,
    HubError,
    TooManyRequests,
    Unauthorized,
)

_BY_STATUS = {401: UNAUTHORIZED, 403: PERMISSION_DENIED, 404: NOT_FOUND, 413: TOO_LARGE}
_FIRST_SERVER_ERROR = 500


class ErrorBody(BaseModel):
    """A line of docs/codes.md, with a sentence for this case."""

    code: int
    name: str
    message: str


class ErrorAnswer(BaseModel):
    """What every request that fails is answered with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": {"code": INTERNAL.number, "name": INTERNAL.name, "message": INTERNAL.message}}]
        }
    )

    error: ErrorBody


def example(**members: Any) -> ConfigDict:
    """The configuration of a model whose OpenAPI example has these members; none is None: FastAPI leaves those out."""
    return ConfigDict(json_schema_extra={"examples": [members]})


def answer(content: object, *, status: int = 200) -> Response:
    """A JSON answer, encoded at once: FastAPI's own way walks through every point of a history in Python."""
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


def refusal(
    code: ErrorCode, message: str = "", *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """An error answer, with the HTTP status of the error table unless another is given."""
    body = {"error": {"code": code.number, "name": code.name, "message": message or code.message}}
    return Response(
        orjson.dumps(body),
        status_code=status or code.http_status,
        headers=dict(headers or {}),
        media_type="application/json",
    )


async def refuse(request: Request, error: Exception) -> Response:
    """The answer to a HubError."""
    if not isinstance(error, HubError):
        raise error
    headers = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    _count(request, error.code)
    return refusal(error.code, str(error), headers=headers)


async def refuse_invalid(request: Request, error: Exception) -> Response:
    """The answer to a request whose parts have the wrong type or are missing; says the first that does."""
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    reason = str(first["msg"]).replace("Input should", "should").removeprefix("Value error, ")
    _count(request, BAD_REQUEST)
    return refusal(BAD_REQUEST, f"{place}: {reason}.")


async def refuse_http(request: Request, error: Exception) -> Response:
    """The answer where the framework refuses: no such path, no such method, too large."""
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    code = _BY_STATUS.get(status, BAD_REQUEST if status < _FIRST_SERVER_ERROR else INTERNAL)
    detail = "" if code is not BAD_REQUEST else f"{error.detail}."
    # Of a client that is gone nothing is refused here; one that was sent away is counted where that was done.
    if not isinstance(error.__cause__, ClientDisconnect):
        _count(request, code)
    return refusal(code, detail, status=status, headers=error.headers)


async def refuse_gone(_: Request, __: Exception) -> Response:
    """The answer to a client that left before its request was there; nobody gets it."""
    return refusal(BAD_REQUEST)


def _count(request: Request, code: ErrorCode) -> None:
    request.app.state.context.count_refusal(code.name)


async def refuse_unexpected(_: Request, __: Exception) -> Response:
    """The answer where the hub failed; the server logs the trace. It is made outside of all middleware."""
    return refusal(INTERNAL, headers=SECURITY_HEADERS)
