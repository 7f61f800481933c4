"""499 who read and one who does not, for a minute, by a clock that the test plays: so "at once" can be asserted."""

import asyncio
import json
import re
from typing import Any

from hub.auth import Identity, Role
from hub.errors import CLOSE_SHUTDOWN, CLOSE_SLOW, CloseCode
from hub.protocol import Frame, Subscribe
from hub.session import Wire
from tests.torture.played_engine import PlayedEngine
from tests.torture.played_node import playing_node
from tests.torture.virtual_loop import VirtualLoop, virtual_time

HEALTHY = 499
STUCK_S = 60
EVENTS_A_SECOND = 10
SESSION_BYTES = 20_000
"""Small, so that a minute of few events is too much; the shares between the limits are the same."""


class ReadingWire:
    """A client that reads at once: when what came, by the clock of the loop."""

    def __init__(self) -> None:
        self.came: list[tuple[float, Frame]] = []

    def write(self, frame: Frame) -> None:
        if frame.kind == "events":
            self.came.append((virtual_time(), frame))

    def waiting_bytes(self) -> int:
        return 0

    def close(self, code: CloseCode, reason: str) -> None:
        assert code is CLOSE_SHUTDOWN, f"{reason}: it did nothing wrong"


class StuckWire:
    """A client that has stopped reading: all that is written waits."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.closed: tuple[CloseCode, str] | None = None

    def write(self, frame: Frame) -> None:
        self.waiting += len(frame.payload)
        self.most = max(self.most, self.waiting)

    def waiting_bytes(self) -> int:
        return self.waiting

    def close(self, code: CloseCode, reason: str) -> None:
        self.closed = code, reason


def events_of(frame: Frame) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(frame.payload)["events"]
    return events


async def soak() -> None:
    engine = PlayedEngine()
    async with playing_node(engine, session_bytes=SESSION_BYTES) as node:
        wires, stuck = [ReadingWire() for _ in range(HEALTHY)], StuckWire()
        everybody: list[Wire] = [*wires, stuck]
        for wire in everybody:
            session = node.open(Identity("anna", Role.ADMIN, 2**40), wire)
            await node.subscribe(session, Subscribe(1, ("plant/+",), None, snapshot=False))
        said: list[tuple[float, int]] = []
        for n in range(1, STUCK_S * EVENTS_A_SECOND + 1):
            engine.add("plant/a")
            said.append((virtual_time(), n))
            await asyncio.sleep(1 / EVENTS_A_SECOND)
        # Every one of them was there in the moment in which it was said, whatever waited elsewhere.
        first = wires[0].came
        assert [(at_s, event["data"]["n"]) for at_s, frame in first for event in frame.form(events_of)] == said
        assert all(wire.came == first for wire in wires)
        assert stuck.closed is not None
        code, reason = stuck.closed
        assert code is CLOSE_SLOW
        found = re.fullmatch(
            r"(\d+) bytes wait in (\d+) events, the oldest for (\d+) ms on plant/a; (\d+) bytes on the wire", reason
        )
        assert found, reason
        waiting, events, age_ms, on_wire = map(int, found.groups())
        assert events > 0
        assert age_ms > 1000
        assert SESSION_BYTES < waiting + on_wire < SESSION_BYTES * 1.1
        assert stuck.most < SESSION_BYTES
        assert len(node.fanout.slow) == 0


def test_one_who_stops_reading_for_a_minute_costs_the_others_nothing() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(soak())
