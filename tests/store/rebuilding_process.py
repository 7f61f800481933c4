"""A process that folds projections anew in small steps and tells of each; it is killed by a test."""

import asyncio
import sys
from pathlib import Path

from hub.errors import Unavailable
from hub.store import postgres_refold, postgres_refold_search, sqlite_refold, sqlite_refold_search
from tests.store.places import Where, event_store


def told(name: str, _: int) -> None:
    print(name, flush=True)  # noqa: T201 - the parent reads it


async def rebuild(where: Where, names: list[str]) -> None:
    async with event_store(where) as store:
        while True:
            try:
                await store.rebuild(names, told=told)
            except Unavailable:
                # The server has not noticed yet that the one before was killed.
                await asyncio.sleep(0.05)
            else:
                return


if __name__ == "__main__":
    sqlite_refold.STEP_EVENTS = postgres_refold.STEP_EVENTS = 20
    sqlite_refold_search.STEP_PLACES = postgres_refold_search.STEP_PLACES = 20
    given, *asked = sys.argv[1:]
    asyncio.run(rebuild(given if "://" in given else Path(given), asked))
