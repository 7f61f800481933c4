#!/usr/bin/env python3
"""Chat from a terminal: with a text, say it in a room; without one, read the room and what is said from now on."""

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

import websockets


async def run(options: argparse.Namespace) -> None:
    """Say it, or read for ever."""
    token = options.token_file.read_text(encoding="ascii").strip()
    topic = f"chat/{options.room}"
    if options.text:
        frame: dict[str, Any] = {"type": "publish", "id": 1, "topic": topic, "data": {"text": options.text}}
    else:
        frame = {"type": "subscribe", "id": 1, "filters": [topic], "snapshot": True}
    async with websockets.connect(
        options.url,
        subprotocols=[websockets.Subprotocol("hub.v1.json")],
        additional_headers={"Authorization": f"Bearer {token}"},
    ) as socket:
        await socket.send(json.dumps(frame))
        async for text in socket:
            received = json.loads(text)
            if received["type"] == "reply" and not received["ok"]:
                raise SystemExit(received["error"]["message"])
            if received["type"] == "reply" and options.text:
                print(f"said in {topic}, at {received['position']}")
                return
            for event in received.get("events", []):
                data = event["data"]
                if "author" in data:
                    print(f"{data['author']}: {data['text']}", flush=True)
                elif "edit" in data:
                    print(f"{data['by']} changed a message: {data['text']}", flush=True)


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    port = os.environ.get("HUB_HTTP_PORT", "8000")
    parser.add_argument("--url", default=f"ws://127.0.0.1:{port}/ws")
    parser.add_argument("--token-file", type=Path, required=True, help="from `hub token --role operator`")
    parser.add_argument("--room", default="ops")
    parser.add_argument("text", nargs="?")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
