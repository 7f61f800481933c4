"""The contract of what is no request and answer: `/asyncapi.yaml` (AsyncAPI 3.0)."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

ASYNCAPI = Path(__file__).with_name("asyncapi.yaml")
"""Generated from `hub/asyncapi`, so that no process has to load what it is made of."""
MEDIA_TYPE = "application/yaml"
"""RFC 9512."""


def router() -> APIRouter:
    """`/asyncapi.yaml`."""
    routes = APIRouter(tags=["contracts"])

    @routes.get(
        "/asyncapi.yaml",
        summary="AsyncAPI document",
        response_class=FileResponse,
        responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": "asyncapi: 3.0.0\n"}}}},
    )
    async def read_asyncapi() -> FileResponse:
        """Every message of the WebSocket, of server-sent events, of Socket.IO, and what devices say over MQTT."""
        return FileResponse(ASYNCAPI, media_type=MEDIA_TYPE, headers={"cache-control": "no-cache"})

    return routes
