"""A process that publishes to a local engine until it is killed; prints what was acknowledged: `<offset> <number>`."""

import asyncio
import sys
from pathlib import Path

from hub.engine.local import LocalEngine
from tests.engine.places import PLENTY_BYTES, PLENTY_S, batch

ABREAST = 8


async def main(path: Path) -> None:
    async with LocalEngine(path, max_bytes=PLENTY_BYTES, max_age_s=PLENTY_S) as engine:
        numbers = iter(range(1, 10**9))

        async def publish() -> None:
            for number in numbers:
                position = await engine.publish(batch(number, padding=2000))
                sys.stdout.write(f"{position} {number}\n")
                sys.stdout.flush()

        await asyncio.gather(*(publish() for _ in range(ABREAST)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
