#!/usr/bin/env python3
"""Follow values with the client library, over restarts of the hub and of this program; say what is too warm."""

import argparse
import asyncio
import os
from pathlib import Path

from hub.client import Change, HubError, connect


def tell(change: Change) -> None:
    """What happens to the connection."""
    print(f"{change.kind} {change.reason}".strip(), flush=True)


async def follow(options: argparse.Namespace, since: str | None) -> str | None:
    """Print values from the position on, or first the latest; the position to come back with."""
    token = options.token_file.read_text(encoding="ascii").strip()
    left: int = options.count
    async with (
        connect(options.url, token=token, on_change=tell) as hub,
        hub.subscribe("telemetry/+", since=since, snapshot=since is None) as values,
    ):
        async for event in values:
            print(event.topic, event.data, flush=True)
            temperature = event.data.get("temperature")
            if isinstance(temperature, int | float) and temperature > options.limit and not event.snapshot:
                await hub.publish(f"chat/{options.room}", {"text": f"{event.topic}: {temperature} °C"})
            left -= 1
            if left == 0:
                break
        return values.position


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default=f"http://127.0.0.1:{os.environ.get('HUB_HTTP_PORT', '8000')}")
    parser.add_argument("--token-file", type=Path, required=True, help="from `hub token --role operator`")
    parser.add_argument("--position-file", type=Path, default=Path("position"))
    parser.add_argument("--limit", type=float, default=30)
    parser.add_argument("--room", default="ops")
    parser.add_argument("--count", type=int, default=-1, help="end after so many events")
    options = parser.parse_args()
    kept: Path = options.position_file
    since = kept.read_text(encoding="ascii") if kept.exists() else None
    try:
        position = asyncio.run(follow(options, since))
    except HubError as error:
        raise SystemExit(str(error)) from None
    if position is not None:
        kept.write_text(position, encoding="ascii")


if __name__ == "__main__":
    main()
