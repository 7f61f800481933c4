#!/usr/bin/env python3
"""A dashboard in a few lines: prints events as they come, and goes on without a hole after a lost link.

The protocol is docs/protocol.md: sign in by header, subscribe, keep the position, come back with it.
"""

import argparse
import asyncio
import json
import os
import random
import sys
from pathlib import Path

import websockets

FIRST_TERMINAL_CLOSE = 3500


class Dashboard:
    """What is to be kept from one connection to the next: the position, and how many events are still wanted."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.position: str | None = options.since
        self.wanted: int = options.count

    async def run(self) -> None:
        """Connect, and again after a lost link, until enough has come."""
        while self.wanted > 0:
            try:
                await self.connection()
            except websockets.InvalidStatus as refused:
                raise SystemExit(f"the hub refused: HTTP {refused.response.status_code}") from refused
            except websockets.ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code >= FIRST_TERMINAL_CLOSE:
                    raise SystemExit(f"the hub closed for good: {closed.rcvd}") from closed
            except OSError as error:
                self.note(str(error))
            if self.wanted > 0:
                # A random wait: after a restart not all clients come back in the same moment.
                await asyncio.sleep(random.uniform(0.5, 5))  # noqa: S311 - not a secret

    async def connection(self) -> None:
        """One connection, from sign-in to its end."""
        token = self.options.token_file.read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        subprotocol = websockets.Subprotocol("hub.v1.json")
        async with websockets.connect(
            self.options.url, subprotocols=[subprotocol], additional_headers=headers, max_size=None
        ) as socket:
            subscribe = {"type": "subscribe", "id": 1, "filters": self.options.filter, "snapshot": True}
            if self.position is not None:
                subscribe |= {"since": self.position}
            await socket.send(json.dumps(subscribe))
            while self.wanted > 0:
                self.take(json.loads(await socket.recv()))

    def note(self, sentence: str) -> None:
        """Say something beside the events."""
        print(sentence, file=sys.stderr, flush=True)

    def take(self, frame: dict[str, object]) -> None:
        """One frame of the hub."""
        match frame:
            case {"type": "events", "position": str(position), "events": list(events)}:
                for event in events[: self.wanted]:
                    print(event["topic"], json.dumps(event["data"], ensure_ascii=False), flush=True)
                self.wanted -= len(events)
                # Adopted only now: what was printed is what a later connection need not send again.
                self.position = position
            case {"type": "heartbeat", "position": str(position)}:
                self.position = position
            case {"type": "reply", "ok": False, "error": {"message": message}}:
                raise SystemExit(message)
            case {"type": "reply", "recovered": False} | {"type": "gap"}:
                self.note("something is missing here; the latest values follow")
            case {"type": "reply", "position": position}:
                self.note(f"live from {position}")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    port = os.environ.get("HUB_HTTP_PORT", "8000")
    parser.add_argument("--url", default=f"ws://127.0.0.1:{port}/ws")
    parser.add_argument("--token-file", type=Path, required=True, help="from `hub token`; a token is never in a URL")
    parser.add_argument("--filter", action="append", help="topic filter; may be given several times")
    parser.add_argument("--since", help="a position to recover from")
    parser.add_argument("--count", type=int, default=1_000_000, help="end after so many events")
    options = parser.parse_args()
    options.filter = options.filter or ["telemetry/+"]
    asyncio.run(Dashboard(options).run())


if __name__ == "__main__":
    main()
