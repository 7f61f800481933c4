"""Electricity meters with firmware of someone's own making: plain JSON, no convention.

Layout: `devices/<id>/telemetry` is one flat object with the meter's clock in ms; `devices/<id>/status` is the will;
`devices/<id>/command` `{"id", "name": "relay", "value"}` cuts the flat off or lets it on again, answered `{"id", "ok"}`
on the topic of its member `answer`.
"""

import math
from random import Random

from simulators.base import Message, encode, load
from simulators.nature import Wander, bump, hour_of_day

LONGEST_GAP_S = 3600.0


class Meter:
    """The meter of one flat."""

    def __init__(self, index: int, *, seed: int) -> None:
        self._random = random = Random(f"{seed}/meter/{index}")
        self.device = f"meter-{index + 1:02}"
        self.client_id = f"{self.device}-{random.getrandbits(16):04x}"
        self.will = Message(f"devices/{self.device}/status", "offline", qos=1, retain=True)
        self.filters = (f"devices/{self.device}/command",)
        self.members = 1
        self.relay = True
        self._base_w = random.uniform(110, 260)
        self._household = random.uniform(0.6, 1.5)
        self._hum = Wander(random, spread=0.06, memory_s=45)
        self._volts = Wander(random, spread=1.4, memory_s=400)
        self._hertz = Wander(random, spread=0.012, memory_s=30)
        self._kettle_until = 0.0
        self._energy_kwh = random.uniform(900, 24_000)
        self._at: float | None = None

    def birth(self, now: float) -> list[Message]:
        """Online, and a first value at once."""
        online = Message(self.will.topic, "online", qos=1, retain=True)
        return [online, *self.report(0, now)]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a meter is its own only member
        """What the flat takes now, and the counter."""
        gap_s = 0.0 if self._at is None else max(0.0, min(now - self._at, LONGEST_GAP_S))
        self._at = now
        watts = self._watts(now, gap_s)
        self._energy_kwh += watts * gap_s / 3.6e6
        volts = 231 + self._volts.step(now) - watts / 2500
        fields = {
            "time": int(now * 1000),
            "power": round(watts, 1),
            "energy": round(self._energy_kwh, 4),
            "voltage": round(volts, 1),
            "current": round(watts / volts, 3),
            "frequency": round(50 + self._hertz.step(now), 3),
            "relay": self.relay,
        }
        return [Message(f"devices/{self.device}/telemetry", encode(fields), qos=1)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """`relay` with true or false, answered; then what the flat takes now."""
        wish = load(payload)
        value, answer = wish.get("value"), wish.get("answer")
        done = wish.get("name") == "relay" and isinstance(value, bool)
        said: dict[str, object] = {"id": wish.get("id"), "ok": done}
        if not done:
            said["error"] = "relay takes true or false"
        told = [Message(answer if isinstance(answer, str) else f"{topic}/answer", encode(said), qos=1)]
        if done:
            self.relay = value is True
            told += self.report(0, now)
        return told

    def reboot(self, now: float) -> None:
        """Nothing to forget: the counter and the relay are in flash."""

    def _watts(self, now: float, gap_s: float) -> float:
        if not self.relay:
            return 0.0
        hour = hour_of_day(now)
        people = 420 * bump(hour, 7.5, 1.5) + 300 * bump(hour, 12.5, 1.5) + 900 * bump(hour, 19, 2.5)
        # About three kettles a day, and as many more as people are awake for.
        chance = -math.expm1(-gap_s * (3 + people / 60) / 86_400)
        if self._random.random() < chance:
            self._kettle_until = now + self._random.uniform(90, 200)
        kettle = 1900.0 if now < self._kettle_until else 0.0
        return max(5.0, (self._base_w + people * self._household) * (1 + self._hum.step(now)) + kettle)
