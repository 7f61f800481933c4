"""What is answered where a transport's package is not installed."""

import orjson
from starlette.types import Receive, Scope, Send

from hub.errors import NOT_FOUND


class NotInstalled:
    """An ASGI application that refuses everything with the sentence that says how to get it."""

    def __init__(self, message: str) -> None:
        self._message = message

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404, to a WebSocket too (ASGI extension `websocket.http.response`)."""
        await receive()
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        shown = {"code": NOT_FOUND.number, "name": NOT_FOUND.name, "message": self._message}
        headers = [(b"content-type", b"application/json")]
        await send({"type": f"{kind}.start", "status": NOT_FOUND.http_status, "headers": headers})
        await send({"type": f"{kind}.body", "body": orjson.dumps({"error": shown})})
