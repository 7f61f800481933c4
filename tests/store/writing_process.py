"""A process that writes to a store for ever and prints each position it was told is written; it is killed by a test."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.sources import ROOT
from tests.store.batches import readings
from tests.store.places import Where, event_store

PER_BATCH = 20
PER_WRITE = 7


async def write_for_ever(where: Where) -> None:
    """Go on where the store is."""
    async with event_store(where, fold_s=0.02) as store:
        while True:
            position = await store.position()
            first = 1 if position is None else position.offset + 1
            await store.write(readings(first, PER_WRITE, devices=3, per_batch=PER_BATCH))
            print(first + PER_WRITE - 1, flush=True)  # noqa: T201 - the parent reads it


def kill_writer(where: Where, *, after: int) -> int:
    """Let a process write until it has told of an offset, then kill it; the last offset it told."""
    argv = [sys.executable, "-m", "tests.store.writing_process", str(where)]
    told = 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}) as child:
        assert child.stdout is not None
        while told < after:
            line = child.stdout.readline()
            assert line, "the writer has ended"
            told = int(line)
        child.kill()
        return max([told, *map(int, child.stdout.read().split()[:-1])])


if __name__ == "__main__":
    [given] = sys.argv[1:]
    asyncio.run(write_for_ever(given if "://" in given else Path(given)))
