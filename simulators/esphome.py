"""ESPHome nodes: a room's climate and a fan.

Layout: `<node>/status` is birth and will; `<node>/<component>/<object>/state` has one value as text, retained;
`<node>/switch/fan/command` takes ON and OFF; entities are announced below `homeassistant/`.
"""

from random import Random

from simulators.base import Message, encode
from simulators.nature import Room, Wander

SENSORS = (("temperature", "Temperature", "°C"), ("humidity", "Humidity", "%"), ("uptime", "Uptime", "s"))
STATES_EVERY = 6
"""The switch's state is said again with so many reports."""


class EspHome:
    """One node."""

    def __init__(self, index: int, *, seed: int) -> None:
        random = Random(f"{seed}/esphome/{index}")
        self._mac = f"{random.getrandbits(48):012x}"
        self.node = f"climate-{self._mac[6:]}"
        self.client_id = f"{self.node}-{self._mac}"
        self.will = Message(f"{self.node}/status", "offline", qos=1, retain=True)
        self.filters = (f"{self.node}/switch/fan/command",)
        self.members = 1
        self.on = False
        self._room = Room(random, temperature=random.uniform(18, 23))
        self._humidity = Wander(random, spread=6, memory_s=4000)
        self._booted: float | None = None
        self._turn = 0

    def birth(self, now: float) -> list[Message]:
        """Its entities for Home Assistant, online, all states."""
        self._booted = now if self._booted is None else self._booted
        found = Message(f"esphome/discover/{self.node}", encode(self._about()), retain=True)
        online = Message(self.will.topic, "online", qos=1, retain=True)
        return [found, *self._discovery(), online, *self._states(now), self._switch()]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a node is its own only member
        """One sensor, each in turn; the log beside it."""
        self._turn += 1
        if self._turn % STATES_EVERY == 0:
            return [self._switch()]
        return [self._states(now)[self._turn % len(SENSORS)]]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:  # noqa: ARG002 - it keeps no time
        """ON or OFF for the fan, answered by its state and a line of the log."""
        word = payload.decode("utf-8", "replace").strip().upper()
        if word not in ("ON", "OFF"):
            line = f"\x1b[0;33m[W][mqtt.switch:044]: 'Fan': Received unknown status {word[:20]}\x1b[0m"
            return [Message(f"{self.node}/debug", line)]
        self.on = word == "ON"
        line = f"\x1b[0;36m[D][switch:055]: 'Fan': Sending state {word}\x1b[0m"
        return [Message(f"{self.node}/debug", line), self._switch()]

    def reboot(self, now: float) -> None:
        """The uptime begins anew, and the fan is off."""
        self._booted = now
        self.on = False

    def _switch(self) -> Message:
        return Message(f"{self.node}/switch/fan/state", "ON" if self.on else "OFF", retain=True)

    def _states(self, now: float) -> list[Message]:
        celsius = self._room.step(now, valve=0.3) - (0.4 if self.on else 0)
        humidity = min(100.0, max(0.0, 48 + self._humidity.step(now)))
        uptime_s = now - (now if self._booted is None else self._booted)
        texts = (f"{celsius:.1f}", f"{humidity:.1f}", f"{uptime_s:.0f}")
        topics = (f"{self.node}/sensor/{name}/state" for name, _, _ in SENSORS)
        return [Message(topic, text, retain=True) for topic, text in zip(topics, texts, strict=True)]

    def _about(self) -> dict[str, object]:
        return {"name": self.node, "friendly_name": "Climate", "mac": self._mac, "version": "2025.6.3"}

    def _discovery(self) -> list[Message]:
        device = {"ids": self._mac, "name": self.node, "sw": "esphome v2025.6.3", "mdl": "esp32dev", "mf": "Espressif"}
        common: dict[str, object] = {"avty_t": self.will.topic, "dev": device}
        told = []
        for name, title, unit in SENSORS:
            topic = f"{self.node}/sensor/{name}/state"
            entity = {"unit_of_meas": unit, "name": title, "stat_t": topic, "uniq_id": f"ESP{name}{self._mac}"}
            told.append(
                Message(f"homeassistant/sensor/{self.node}/{name}/config", encode(entity | common), retain=True)
            )
        switch = f"{self.node}/switch/fan"
        entity = {
            "name": "Fan",
            "stat_t": f"{switch}/state",
            "cmd_t": f"{switch}/command",
            "uniq_id": f"ESPfan{self._mac}",
        }
        return [*told, Message(f"homeassistant/switch/{self.node}/fan/config", encode(entity | common), retain=True)]
