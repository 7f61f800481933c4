"""A TCP proxy that can lose answers: what was asked reaches the server, what it says does not come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class CuttingProxy:
    """Forwards connections to `port`. While `cutting`, the next answer that comes ends its connection instead."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.cutting = False
        self.cuts = 0

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        if connection is not None:
            self._connections.add(connection)
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._target)

        async def asks() -> None:
            while asked := await reader.read(65536):
                upstream_writer.write(asked)

        async def answers() -> None:
            while answered := await upstream_reader.read(65536):
                if self.cutting:
                    self.cuts += 1
                    self.cutting = False
                    return
                writer.write(answered)

        tasks = {asyncio.create_task(asks()), asyncio.create_task(answers())}
        try:
            with suppress(OSError):
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in (writer, upstream_writer):
                end.close()
                with suppress(OSError):
                    await end.wait_closed()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["CuttingProxy"]:
        server = await asyncio.start_server(self.forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()
            await asyncio.gather(*self._connections)
