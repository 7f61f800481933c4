"""A TCP proxy that is as bad as networks are, by a plan of its own for each connection; the same for the same seed."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Self

CHUNK_BYTES = 16 * 1024


class Plan:
    """What happens to the bytes of one direction of one connection.

    `pieces` cuts a chunk into what is passed on, each with the pause after it; a piece of None ends the connection,
    which may be in the middle of a frame, of its header, or of the handshake.
    """

    def __init__(self, dice: random.Random, *, mean_bytes: float) -> None:
        self._dice = dice
        self._left = int(dice.expovariate(1 / mean_bytes))

    def pieces(self, chunk: bytes) -> Iterator[tuple[bytes | None, float]]:
        cut = len(chunk) > self._left
        rest = chunk[: self._left]
        self._left -= len(rest)
        yield from self._trouble(rest)
        if cut:
            # Sometimes it only falls silent first, as a network does that lost its route.
            yield b"", self._dice.choice([0.0, 0.0, 0.3])
            yield None, 0.0

    def _trouble(self, chunk: bytes) -> Iterator[tuple[bytes, float]]:
        match self._dice.random():
            case luck if luck < 0.08:
                alone = self._dice.randint(1, 200)
                yield from ((chunk[i : i + 1], 0.0) for i in range(min(alone, len(chunk))))
                yield chunk[alone:], 0.0
            case luck if luck < 0.16:
                yield chunk, self._dice.uniform(0, 0.05)
            case luck if luck < 0.18:
                yield chunk, 0.4
            case luck if luck < 0.30:
                middle = self._dice.randint(0, len(chunk))
                yield chunk[:middle], 0.002
                yield chunk[middle:], 0.0
            case _:
                yield chunk, 0.0


class BadNetwork:
    """Forwards connections to a port of this machine. While `calm`, it is as good as none."""

    def __init__(self, port: int, *, seed: int, mean_bytes: float) -> None:
        self.target = port
        self.port = 0
        self.calm = False
        self.connections = 0
        self.cuts = 0
        self._seed = seed
        self._mean_bytes = mean_bytes
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        dice = random.Random(f"{self._seed}-{self.connections}")
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers.append(upstream_writer)
        # Good times, usual ones, and those in which hardly a handshake passes.
        mean_bytes = self._mean_bytes * dice.choice((0.02, 0.3, 1, 1, 3))
        down = Plan(dice, mean_bytes=mean_bytes)
        up = Plan(dice, mean_bytes=mean_bytes)
        ways = [
            asyncio.create_task(self._pass_on(upstream_reader, writer, down)),
            asyncio.create_task(self._pass_on(reader, upstream_writer, up)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, upstream_writer):
                if dice.random() < 0.5:
                    end.transport.abort()
                end.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, plan: Plan) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                for piece, pause_s in [(chunk, 0.0)] if self.calm else plan.pieces(chunk):
                    if piece is None:
                        self.cuts += 1
                        return
                    writer.write(piece)
                    await writer.drain()
                    if pause_s:
                        await asyncio.sleep(pause_s)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in self._writers:
                writer.transport.abort()
            await server.wait_closed()
