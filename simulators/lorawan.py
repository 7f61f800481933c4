"""Valves over LoRaWAN: what ChirpStack and The Things Stack have in common of them, which is the device itself.

Class A: a device hears only after it has spoken, so what is sent to it waits for its next uplink.
"""

import base64
from random import Random
from typing import NamedTuple

from simulators.nature import Wander

MAX_QUEUE = 16
"""Downlinks that wait for one device; what comes beyond it is refused, as network servers do."""
PORT = 10


class Downlink(NamedTuple):
    """What waits for a device."""

    port: int
    payload: bytes
    confirmed: bool
    tag: str = ""


class Valve:
    """One battery valve with a thermometer."""

    def __init__(self, random: Random) -> None:
        self.eui = f"{random.getrandbits(64):016x}"
        self.address = f"{random.getrandbits(32):08x}"
        self.open = False
        self.frames_up = random.randrange(100, 40_000)
        self.frames_down = random.randrange(10, 900)
        self.queue: list[Downlink] = []
        self.rssi = Wander(random, spread=5, memory_s=900)
        self._celsius = Wander(random, spread=4, memory_s=7000)
        self._battery = random.uniform(2.9, 3.6)

    def read(self, now: float) -> dict[str, object]:
        """What the codec makes of its payload."""
        self._battery = max(2.4, self._battery - 1e-6)
        celsius = round(16 + self._celsius.step(now), 1)
        return {
            "temperature": celsius,
            "battery_v": round(self._battery, 2),
            "valve": "open" if self.open else "closed",
        }

    def bytes_of(self, reading: dict[str, object]) -> str:
        """The payload itself, in base64."""
        tenths = round(float(str(reading["temperature"])) * 10)
        millivolts = round(float(str(reading["battery_v"])) * 1000)
        raw = tenths.to_bytes(2, "big", signed=True) + millivolts.to_bytes(2, "big") + bytes([self.open])
        return base64.b64encode(raw).decode()

    def hear(self) -> Downlink | None:
        """Take the first that waits, after an uplink; one byte on its port opens (1) and closes (0) it."""
        if not self.queue:
            return None
        downlink = self.queue.pop(0)
        self.frames_down += 1
        if downlink.port == PORT and len(downlink.payload) == 1:
            self.open = downlink.payload != b"\0"
        return downlink


def payload_of(given: object, fields: object) -> bytes | None:
    """The bytes of a downlink: base64 that was given, or what the codec makes of `{"valve": "open"}`; None: neither."""
    if isinstance(given, str):
        try:
            return base64.b64decode(given, validate=True)
        except ValueError:
            return None
    word = fields.get("valve") if isinstance(fields, dict) else None
    return {"open": b"\1", "closed": b"\0"}.get(word) if isinstance(word, str) else None
