"""A process that folds projections anew in small steps and tells of each; it is killed by a test."""

import asyncio
import sys
from pathlib import Path

from hub.store import sqlite_refold
from hub.store.sqlite import SqliteEventStore


def told(name: str, _: int) -> None:
    print(name, flush=True)  # noqa: T201 - the parent reads it


async def rebuild(path: Path, names: list[str]) -> None:
    async with SqliteEventStore(path) as store:
        await store.rebuild(names, told=told)


if __name__ == "__main__":
    sqlite_refold.STEP_EVENTS = 20
    asyncio.run(rebuild(Path(sys.argv[1]), sys.argv[2:]))
