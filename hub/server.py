"""The HTTP server: uvicorn with the hub's WebSocket protocol, on a socket that was bound before anything else began."""

import asyncio
import logging
import resource
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from hub.errors import Unavailable
from hub.protocol import MAX_CLIENT_FRAME_BYTES
from hub.transports.uvicorn_http import HubHttpProtocol, ServerConfig
from hub.transports.uvicorn_websocket import HubWebSocketProtocol

PING_S = 20.0
"""A client that answers no ping for as long again is closed as `no_pong`."""
BACKLOG = 4096
DRAIN_S = 10

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises Unavailable with what to do when the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"{host}:{port} can't be listened on ({error.strerror}); see HUB_HTTP_HOST and HUB_HTTP_PORT."
        ) from error


class HubServer(uvicorn.Server):
    """uvicorn's server, but a signal ends only the server.

    uvicorn's own raises the signal once more, and the process would end before log, store and broker are closed.
    `on_stop` is called when it begins to end: requests that would last for ever end by it.
    """

    on_stop: Callable[[], object]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and wait for what is under way."""
        self.on_stop()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM end the server, and only that."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def server(asgi: Asgi, *, on_stop: Callable[[], object], refused: Counter[str] | None = None) -> uvicorn.Server:
    """A server whose `serve(sockets=[…])` runs until SIGTERM or SIGINT.

    `on_stop` is called then, and open requests get DRAIN_S to end. In `refused` it counts what it refuses itself.
    """
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.WARNING)
    log.addFilter(_tells_of_the_server)
    config = ServerConfig(
        asgi,
        interface="asgi3",
        proxy_headers=False,
        ws=HubWebSocketProtocol,
        ws_max_size=MAX_CLIENT_FRAME_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        http=HubHttpProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    config.refused = Counter() if refused is None else refused
    hub_server = HubServer(config)
    hub_server.on_stop = on_stop
    return hub_server


_OF_CLIENTS = frozenset({"Invalid HTTP request received.", "Unsupported upgrade request."})


def _tells_of_the_server(record: logging.LogRecord) -> bool:
    """Not what any client can make uvicorn say: that is counted, and a line for each would be his to fill the log."""
    return record.msg not in _OF_CLIENTS


def raise_file_limit() -> None:
    """Let this process open as many sockets as the system grants: each dashboard is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
