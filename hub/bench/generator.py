"""One half of the load generator while it runs: a process that is told and answers in lines."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson

from hub.errors import NOT_AVAILABLE, HubError, Unavailable

Option = tuple[str, object]
END_S = 2.0


class Generator:
    """A running half; `dashboards.c` and `publisher.c` say what the words mean."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def tell(self, line: str) -> None:
        """Say one line."""
        assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
        self._process.stdin.write(f"{line}\n".encode())

    async def answer(self, word: str, *, within_s: float) -> dict[str, Any]:
        """What it answers with that word; raises HubError with what it says where it ends instead, or is too late."""
        assert self._process.stdout is not None  # noqa: S101 - it was started with a pipe
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), within_s)
        except TimeoutError:
            raise Unavailable(f"The load generator did not come to its {word!r} within {within_s:.0f} s.") from None
        said, _, text = line.partition(b" ")
        if said.decode() != word:
            raise HubError(await self._last_words(), code=NOT_AVAILABLE)
        answer: dict[str, Any] = orjson.loads(text)
        return answer

    async def _last_words(self) -> str:
        assert self._process.stderr is not None  # noqa: S101 - it was started with a pipe
        lines = (await self._process.stderr.read()).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "The load generator ended without a word."


@asynccontextmanager
async def generator(argv: Sequence[str], options: Iterable[Option]) -> AsyncIterator[Generator]:
    """Start a half with its options; it ends with the block. They go through its input, as one of them is a token."""
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True, limit=2**20
    )
    half = Generator(process)
    try:
        for name, value in options:
            half.tell(f"{name} {value}")
        half.tell("")
        yield half
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """Let it end with its input, or kill it: not through asyncio, which takes away its own news of the end by that."""
    try:
        await asyncio.wait_for(process.communicate(), END_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.communicate()
