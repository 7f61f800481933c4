"""What is done in a room is said as the golden frames say it."""

import json
from collections.abc import Mapping
from typing import Any

from hub.client.room import Room
from tests.sources import ROOT

GOLDEN = {
    case["name"]: case["frame"]
    for case in json.loads((ROOT / "tests" / "golden" / "frames.json").read_text(encoding="utf-8"))
    if case["direction"] == "client" and "frame" in case
}


class Written:
    """Writes down what a room sends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    async def publish(self, topic: str, data: Mapping[str, object]) -> str:
        self.sent.append((topic, data))
        return "k3v9-1"

    async def typing(self, topic: str) -> None:
        self.sent.append((topic, None))


def golden(name: str) -> tuple[str, Any]:
    frame = GOLDEN[name]
    return frame["topic"], frame.get("data")


async def test_what_is_done_in_a_room() -> None:
    written = Written()
    ops = Room(written, "ops")
    moment = {"position": "k3v9-1041", "device": "kitchen", "key": "temperature"}
    assert await ops.say("hello") == "k3v9-1"
    await ops.say("@ivan look here", reply_to="0m3vbj0lf00a7", moment=moment)
    await ops.edit("0m3vbj0lf00a7", "hello")
    await ops.delete("0m3vbj0lf00a7")
    await ops.mark_read("0m3vbj0lf00a7", user="anna")
    await ops.mark_read("0m3vbj0lf00a7", user="anna@lab/2 (größe 100%)")
    await ops.typing()
    await Room(written, "~boiler").change({"title": "Boiler", "invite": ["ivan"]})
    assert written.sent == [
        golden("publish: chat"),
        golden("publish: chat, an answer that points to a moment"),
        golden("publish: chat, an edit"),
        golden("publish: chat, a deletion"),
        golden("publish: a read marker"),
        golden("publish: a read marker of a user whose name is encoded"),
        golden("typing"),
        golden("publish: a private room"),
    ]
