"""A receiver with rtl_433 that hears weather sensors. It has no commands: nobody can talk to what it hears.

Layout: `rtl_433/<host>/events` has each transmission as JSON, `rtl_433/<host>/devices/<model>/<channel>/<id>/<field>`
its fields one by one, `rtl_433/<host>/availability` is the will.
"""

from datetime import UTC, datetime
from random import Random

from simulators.base import Message, encode
from simulators.nature import Wander, outdoor_celsius

MODEL = "Nexus-TH"


class Receiver:
    """One receiver; each sensor it hears is a member."""

    def __init__(self, sensors: int, *, seed: int) -> None:
        random = Random(f"{seed}/rtl433")
        self._host = f"pi-{random.getrandbits(16):04x}"
        self.client_id = f"rtl_433-{self._host}"
        self._base = f"rtl_433/{self._host}"
        self.will = Message(f"{self._base}/availability", "offline", qos=1, retain=True)
        self.filters: tuple[str, ...] = ()
        self.members = sensors
        self._ids = random.sample(range(256 * 16), sensors)
        self._celsius = [Wander(random, spread=0.8, memory_s=3000) for _ in range(sensors)]
        self._humidity = [Wander(random, spread=7, memory_s=6000) for _ in range(sensors)]

    def birth(self, now: float) -> list[Message]:
        """It listens."""
        del now
        return [Message(self.will.topic, "online", qos=1, retain=True)]

    def report(self, member: int, now: float) -> list[Message]:
        """One transmission: the event, and each field of it."""
        number, channel = self._ids[member] % 256, self._ids[member] // 256 % 3 + 1
        readings = {
            "battery_ok": 1,
            "temperature_C": round(outdoor_celsius(now) + self._celsius[member].step(now), 1),
            "humidity": round(min(100.0, max(5.0, 68 + self._humidity[member].step(now)))),
        }
        at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        event = {"time": at, "model": MODEL, "id": number, "channel": channel, **readings}
        place = f"{self._base}/devices/{MODEL}/{channel}/{number}"
        fields = [Message(f"{place}/{name}", str(value)) for name, value in readings.items()]
        return [Message(f"{self._base}/events", encode(event)), *fields]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """It takes none."""
        del topic, payload, now
        return []

    def reboot(self, now: float) -> None:
        """Nothing to forget."""
