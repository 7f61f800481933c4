"""The official Socket.IO client in a Node process, as a client of the tests."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from tests.running import DEADLINE_S
from tests.sources import ROOT

SCRIPT = Path(__file__).with_name("socketio_client.cjs")
PACKAGES = ROOT / "dashboard" / "package.json"
LINE_BYTES = 2**22
LEAVE_S = 5.0


def node() -> str:
    """Where Node.js is: in the virtual environment where scripts/node put it there, else on PATH."""
    found = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert found is not None
    return found


async def leave(process: Process) -> None:
    """Let it say goodbye and end, as a closed page does; what it can't say in time, it does not say."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.communicate(), LEAVE_S)
    except TimeoutError:
        process.kill()
        await process.communicate()


class SocketIoClient:
    """One connection; what it tells is kept in order until it is taken."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.waiting: list[dict[str, Any]] = []
        self._number = 0

    @classmethod
    @asynccontextmanager
    async def started(cls, url: str, **options: Any) -> AsyncIterator[Self]:
        """A client that connects, or tries to."""
        arguments = json.dumps({"url": url, "reconnectionDelay": 50, "forceNew": True, **options})
        argv = [node(), str(SCRIPT), str(PACKAGES), arguments]
        process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES)
        try:
            yield cls(process)
        finally:
            await leave(process)

    async def emit(self, verb: str, data: Any) -> dict[str, Any]:
        """Emit with an acknowledgement, and what it was."""
        self._number += 1
        self.tell({"verb": verb, "data": data, "number": self._number})
        told = await self.told("number")
        assert told["number"] == self._number
        reply: dict[str, Any] = told["reply"]
        return reply

    def tell(self, command: dict[str, Any]) -> None:
        """Give the process a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")

    async def told(self, *kinds: str) -> dict[str, Any]:
        """The first of what it told that is of these kinds; the rest stays."""
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            while True:
                for i, told in enumerate(self.waiting):
                    if any(kind in told for kind in kinds):
                        return self.waiting.pop(i)
                line = await self.process.stdout.readline()
                assert line, "the client has ended"
                self.waiting.append(json.loads(line))
