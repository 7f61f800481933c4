"""Holds every answer of the API against its OpenAPI document: status, error and body are among those it names."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI
from jsonschema import Draft202012Validator

Hook = Callable[[httpx.Response], Awaitable[None]]


def conforming(app: FastAPI) -> Hook:
    """A hook for httpx that fails where an answer is not as the application's document says."""

    async def check(response: httpx.Response) -> None:
        request = response.request
        operation = _operation(app.openapi(), request.method.lower(), request.url.path)
        if operation is None:
            return
        await response.aread()
        name, status = f"{request.method} {request.url.path}", str(response.status_code)
        described = operation["responses"].get(status)
        if described is None and response.is_server_error:
            described = operation["responses"].get("default")
        assert described is not None, f"{name}: {status} is not in the document: {response.text}"
        media = described.get("content", {}).get("application/json")
        told = response.headers.get("Content-Type", "").partition(";")[0]
        if media is None or (told != "application/json" and told in described["content"]):
            return
        components = app.openapi()["components"]
        Draft202012Validator({"allOf": [media["schema"]], "components": components}).validate(response.json())
        if response.is_error and "examples" in media:
            error = response.json()["error"]["name"]
            assert error in media["examples"], f"{name}: {status} {error} is not in the document: {response.text}"

    return check


def _operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    for template, item in document["paths"].items():
        if method in item and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
            found: dict[str, Any] = item[method]
            return found
    return None
