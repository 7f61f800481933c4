"""Shelly plugs of the first generation (Plug S): one value on each topic below `shellies/<id>/`.

Layout: `online` is the will; `relay/0`, `relay/0/power` in W and `relay/0/energy` in watt-minutes, `temperature`;
`relay/0/command` takes `on`, `off`, `toggle`; `shellies/command` and `command` take `announce` and `update`.
"""

from random import Random

from simulators.base import Message, encode
from simulators.nature import Wander

COMMON = "shellies/command"


class ShellyGen1:
    """One plug and what it drives."""

    def __init__(self, index: int, *, seed: int) -> None:
        self._random = random = Random(f"{seed}/shelly_gen1/{index}")
        self._mac = f"{random.getrandbits(48):012X}"
        self.device = f"shellyplug-s-{self._mac[6:]}"
        self.client_id = self.device
        self._base = f"shellies/{self.device}"
        self.will = Message(f"{self._base}/online", "false", qos=1, retain=True)
        self.filters = (COMMON, f"{self._base}/command", f"{self._base}/relay/0/command")
        self.members = 1
        self.on = True
        self._load_w = random.uniform(4, 900)
        self._hum = Wander(random, spread=0.02, memory_s=20)
        self._warmth = Wander(random, spread=0.4, memory_s=200)
        self._energy_wmin = random.uniform(0, 900_000)
        self._at: float | None = None
        self._turn = 0

    def birth(self, now: float) -> list[Message]:
        """Online, who it is, all values."""
        online = Message(self.will.topic, "true", qos=1, retain=True)
        return [online, *self._announce(), *self._values(now)]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a plug is its own only member
        """One of its values, each in turn."""
        values = self._values(now)
        self._turn = (self._turn + 1) % len(values)
        return [values[self._turn]]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """Words for the relay, answered by its state; `announce` and `update` for all of it."""
        word = payload.decode("utf-8", "replace").strip().lower()
        if topic != self.filters[2]:
            return {"announce": self._announce(), "update": self._values(now)}.get(word, [])
        if word not in ("on", "off", "toggle"):
            return []
        self._watts(now)
        self.on = not self.on if word == "toggle" else word == "on"
        return [self._say("relay/0", "on" if self.on else "off")]

    def reboot(self, now: float) -> None:
        """The counter of energy begins anew; it is not kept in flash."""
        self._energy_wmin = 0.0
        self._at = now

    def _watts(self, now: float) -> float:
        watts = max(0.0, self._load_w * (1 + self._hum.step(now))) if self.on else 0.0
        if self._at is not None:
            self._energy_wmin += watts * max(0.0, min(now - self._at, 3600)) / 60
        self._at = now
        return watts

    def _values(self, now: float) -> list[Message]:
        watts = self._watts(now)
        celsius = 31 + watts / 60 + self._warmth.step(now)
        return [
            self._say("relay/0", "on" if self.on else "off"),
            self._say("relay/0/power", f"{watts:.2f}"),
            self._say("relay/0/energy", f"{self._energy_wmin:.0f}"),
            self._say("temperature", f"{celsius:.2f}"),
            self._say("temperature_f", f"{celsius * 1.8 + 32:.2f}"),
            self._say("overtemperature", "0"),
        ]

    def _announce(self) -> list[Message]:
        about = {"id": self.device, "model": "SHPLG-S", "mac": self._mac, "ip": "192.0.2.23", "new_fw": False}
        text = encode({**about, "fw_ver": "20230913-113421/v1.14.0-gcb84623"})
        return [Message("shellies/announce", text), Message(f"{self._base}/announce", text)]

    def _say(self, what: str, value: str) -> Message:
        # Firmware of this generation retains values by default.
        return Message(f"{self._base}/{what}", value, retain=True)
