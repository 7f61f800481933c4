"""The dashboard's files: built once, hashed names cached for ever, every page of the application one document."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response

from hub.errors import NOT_FOUND, HubError

STATIC = Path(__file__).parent.parent / "static"
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
_ALWAYS_ASK = {"cache-control": "no-cache"}
_API_PREFIXES = ("api/", "health/", "socket.io", "events", "ws")
_NOT_BUILT = "The dashboard is not built: run `make build` in a checkout, or install the hub's wheel.\n"


def router(static: Path | None = None) -> APIRouter:
    """Everything that is not an API path: a file of the dashboard, or its one document."""
    routes = APIRouter(include_in_schema=False)
    root = (static or STATIC).resolve()

    @routes.get("/{path:path}")
    async def page(path: str) -> Response:
        if path.startswith(_API_PREFIXES):
            raise HubError(f"Nothing is at /{path[:80]}.", code=NOT_FOUND)
        file = (root / path).resolve()
        if file.is_file() and file.is_relative_to(root):
            return FileResponse(file, headers=_FOR_EVER if path.startswith("assets/") else _ALWAYS_ASK)
        if path.startswith("assets/"):
            raise HubError(f"Nothing is at /{path[:80]}.", code=NOT_FOUND)
        document = root / "index.html"
        if not document.is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        return FileResponse(document, headers=_ALWAYS_ASK)

    return routes
