"""Sparkplug B edge nodes, each with one press behind it, after the specification 3.0.

Layout: protobuf on `spBv1.0/<group>/<type>/<node>[/<device>]`; NBIRTH and DBIRTH tell names, aliases and types, NDATA
and DDATA have aliases alone; NDEATH is the will with the `bdSeq` of its NBIRTH; `seq` counts from 0 to 255.
"""

import struct
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from simulators.base import Message
from simulators.nature import Wander
from simulators.protobuf import blob, double, fields, whole

GROUP = "Plant 1"
REBIRTH = "Node Control/Rebirth"
INT64, DOUBLE, BOOLEAN, STRING = 4, 10, 11, 12
SEQUENCES = 256

Value = float | bool | str


class Metric(NamedTuple):
    """A metric of a payload (specification 6.4.6); without a name it goes by its alias, which is never 0."""

    name: str
    alias: int
    datatype: int
    value: Value
    unit: str = ""

    def encode(self, now_ms: int, *, named: bool) -> bytes:
        """Its bytes, with name and unit where it is born."""
        out = blob(1, self.name.encode()) if named else b""
        out += whole(2, self.alias) if self.alias else b""
        out += whole(3, now_ms) + whole(4, self.datatype)
        if named and self.unit:
            text = whole(1, STRING) + blob(8, self.unit.encode())
            out += blob(9, blob(1, b"engUnit") + blob(2, text))
        match self.value:
            case bool():
                return out + whole(14, int(self.value))
            case int():
                return out + whole(11, self.value)
            case str():
                return out + blob(15, self.value.encode())
            case _:
                return out + double(13, self.value)


class EdgeNode:
    """One edge node and its press."""

    def __init__(self, index: int, *, seed: int) -> None:
        self._random = random = Random(f"{seed}/sparkplug/{index}")
        self.node = f"Line {index + 1}"
        self.device = "Press"
        self.client_id = f"sparkplug-{index + 1}-{random.getrandbits(32):08x}"
        self.filters = (self._topic("NCMD"), self._topic("DCMD"))
        self.members = 1
        self.running = True
        self.speed = 60.0
        self._births = 0
        self._session = 0
        self._sequence = 0
        self._cycles = random.randrange(10_000, 900_000)
        self._cycles_at: float | None = None
        self._volts = Wander(random, spread=0.2, memory_s=60)
        self._heat = Wander(random, spread=2.5, memory_s=120)

    @property
    def will(self) -> Message:
        """NDEATH of the next connection, whose NBIRTH has the same number."""
        payload = blob(2, Metric("bdSeq", 0, INT64, self._births % SEQUENCES).encode(0, named=True))
        return Message(self._topic("NDEATH"), payload, qos=1)

    def birth(self, now: float) -> list[Message]:
        """NBIRTH with the number of the will, and DBIRTH."""
        self._session = self._births % SEQUENCES
        self._births += 1
        return self._born(now)

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a node is its own only member
        """DDATA with what changes, each fourth time NDATA."""
        if self._random.random() < 1 / 4:
            return [self._say("NDATA", self._of_node(now)[1:], now, named=False)]
        return [self._say("DDATA", self._of_press(now)[:2], now, named=False)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """A rebirth of the node; a value for the press, by name or alias, answered by DDATA."""
        wishes = list(_wishes(payload))
        if topic == self.filters[0]:
            return self._born(now) if (REBIRTH, 0, True) in [(name, 0, bool(of)) for name, _, of in wishes] else []
        changed = []
        for name, alias, wish in wishes:
            known = next(
                (one for one in self._of_press(now) if one.name == name or (not name and one.alias == alias)), None
            )
            if known is not None and self._set(known.name, wish):
                changed.append(known.name)
        told = [one for one in self._of_press(now) if one.name in changed]
        return [self._say("DDATA", told, now, named=False)] if told else []

    def reboot(self, now: float) -> None:
        """The press stands still until somebody starts it."""
        self._turn(now)
        self.running = False

    def _set(self, name: str, wish: Value) -> bool:
        if name == "Running":
            self.running = bool(wish)
        elif name == "Speed" and not isinstance(wish, str):
            self.speed = float(wish)
        else:
            return False
        return True

    def _born(self, now: float) -> list[Message]:
        self._sequence = 0
        number = Metric("bdSeq", 0, INT64, self._session)
        node = self._say("NBIRTH", [number, *self._of_node(now)], now, named=True)
        return [node, self._say("DBIRTH", self._of_press(now), now, named=True)]

    def _of_node(self, now: float) -> list[Metric]:
        volts = round(24 + self._volts.step(now), 3)
        return [Metric(REBIRTH, 1, BOOLEAN, value=False), Metric("Supply Voltage", 2, DOUBLE, volts, "V")]

    def _of_press(self, now: float) -> list[Metric]:
        self._turn(now)
        celsius = round(54 + (6 if self.running else 0) + self._heat.step(now), 2)
        return [
            Metric("Temperature", 10, DOUBLE, celsius, "°C"),
            Metric("Cycles", 11, INT64, self._cycles),
            Metric("Running", 12, BOOLEAN, self.running),
            Metric("Speed", 13, DOUBLE, self.speed, "1/min"),
        ]

    def _turn(self, now: float) -> None:
        if self.running and self._cycles_at is not None:
            self._cycles += int(max(0.0, min(now - self._cycles_at, 3600)) * self.speed / 60)
        self._cycles_at = now

    def _say(self, kind: str, metrics: Sequence[Metric], now: float, *, named: bool) -> Message:
        now_ms = int(now * 1000)
        body = b"".join(blob(2, metric.encode(now_ms, named=named)) for metric in metrics)
        payload = whole(1, now_ms) + body + whole(3, self._sequence)
        self._sequence = (self._sequence + 1) % SEQUENCES
        return Message(self._topic(kind), payload)

    def _topic(self, kind: str) -> str:
        of_node = f"spBv1.0/{GROUP}/{kind}/{self.node}"
        return of_node if kind.startswith("N") else f"{of_node}/{self.device}"


def _wishes(payload: bytes) -> list[tuple[str, int, Value]]:
    """Name, alias and value of each metric of a command; nothing of what is no payload."""
    found: list[tuple[str, int, Value]] = []
    try:
        for number, metric in fields(payload):
            if number == 2 and isinstance(metric, bytes):  # noqa: PLR2004 - Payload.metrics
                found.append(_wish(dict(fields(metric))))
    except (ValueError, struct.error):
        return []
    return found


def _wish(metric: dict[int, int | bytes]) -> tuple[str, int, Value]:
    name, alias = metric.get(1, b""), metric.get(2, 0)
    value: Value = False
    for number, given in metric.items():
        match number, given:
            case ((10 | 11), int()):
                value = given
            case 12, bytes():
                value = float(struct.unpack("<f", given)[0])
            case 13, bytes():
                value = float(struct.unpack("<d", given)[0])
            case 14, int():
                value = bool(given)
            case 15, bytes():
                value = given.decode("utf-8", "replace")
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else ""
    return text, alias if isinstance(alias, int) else 0, value


def rebirth_request(now_ms: int) -> bytes:
    """What a host application sends to have a node born again."""
    wish = Metric(REBIRTH, 0, BOOLEAN, value=True)
    return whole(1, now_ms) + blob(2, wish.encode(now_ms, named=True))
