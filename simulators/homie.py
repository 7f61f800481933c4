"""Heaters after the Homie convention, version 4.0.

Layout: `homie/<device>/<node>/<property>` as text, all retained, described by topics that begin with `$`;
`$state` is `ready`, and `lost` by the will; `…/<property>/set` is answered by the property's new value.
"""

from random import Random

from simulators.base import Message
from simulators.nature import Room

COLDEST, WARMEST = 5.0, 30.0


class Heater:
    """One heater: a thermometer, a set point and a switch."""

    def __init__(self, index: int, *, seed: int) -> None:
        random = Random(f"{seed}/homie/{index}")
        self.device = f"heater-{index + 1:02}-{random.getrandbits(16):04x}"
        self.client_id = f"homie-{self.device}"
        self._base = f"homie/{self.device}"
        self.will = Message(f"{self._base}/$state", "lost", qos=1, retain=True)
        self.filters = (f"{self._base}/heater/+/set",)
        self.members = 1
        self.on = True
        self.target = 21.0
        self._room = Room(random, temperature=random.uniform(17, 22))

    def birth(self, now: float) -> list[Message]:
        """Init, what it is, its values, ready."""
        return [self._say("$state", "init"), *self._about(), *self._values(now), self._say("$state", "ready")]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a heater is its own only member
        """The temperature."""
        return [self._values(now)[0]]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """A wish for `on` or `target` of the declared type and range; all else is ignored, as the convention says."""
        name = topic.split("/")[-2]
        text = payload.decode("utf-8", "replace")
        if name == "on" and text in ("true", "false"):
            self.on = text == "true"
            return [self._values(now)[2]]
        if name == "target" and _within(text):
            self.target = float(text)
            return [self._values(now)[1]]
        return []

    def reboot(self, now: float) -> None:
        """Nothing to forget: both wishes are in flash."""

    def _values(self, now: float) -> list[Message]:
        open_share = 0.5 if self.on else 0.0
        celsius = self._room.step(now, valve=open_share)
        return [
            self._say("heater/temperature", f"{celsius:.2f}"),
            self._say("heater/target", f"{self.target:.1f}"),
            self._say("heater/on", "true" if self.on else "false"),
        ]

    def _about(self) -> list[Message]:
        about = {
            "$homie": "4.0.0",
            "$name": f"Heater {self.device[7:9]}",
            "$nodes": "heater",
            "$extensions": "",
            "$implementation": "esp8266",
            "heater/$name": "Heater",
            "heater/$type": "radiator",
            "heater/$properties": "temperature,target,on",
            "heater/temperature/$name": "Temperature",
            "heater/temperature/$datatype": "float",
            "heater/temperature/$unit": "°C",
            "heater/target/$name": "Set point",
            "heater/target/$datatype": "float",
            "heater/target/$unit": "°C",
            "heater/target/$format": f"{COLDEST:g}:{WARMEST:g}",
            "heater/target/$settable": "true",
            "heater/on/$name": "On",
            "heater/on/$datatype": "boolean",
            "heater/on/$settable": "true",
        }
        return [self._say(name, value) for name, value in about.items()]

    def _say(self, what: str, value: str) -> Message:
        return Message(f"{self._base}/{what}", value, qos=1, retain=True)


def _within(text: str) -> bool:
    try:
        return COLDEST <= float(text) <= WARMEST
    except ValueError:
        return False
