from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from hub.api.headers import SecurityHeaders

Message = MutableMapping[str, Any]


async def test_a_websocket_is_given_on_as_it_is() -> None:
    given: list[object] = []

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        given.extend((scope, receive, send))

    async def receive() -> Message:
        return {}

    async def send(_: Message) -> None:
        return

    scope: Message = {"type": "websocket", "path": "/ws"}
    await SecurityHeaders(app)(scope, receive, send)
    assert all(one is other for one, other in zip(given, (scope, receive, send), strict=True))
