"""Lamps of somebody's own making that announce themselves by Home Assistant's discovery (JSON schema).

Layout: `homeassistant/light/<id>/config`, `homeassistant/switch/<id>/night/config` (with words and a template) and
`homeassistant/sensor/<id>/power/config`, retained, with short keys and a base topic `~`; state and attributes as JSON
on `~/state`, commands as JSON on `~/set`, `~/availability` is the will.
"""

from random import Random

from simulators.base import Message, encode, load
from simulators.nature import Wander

MAX_BRIGHTNESS = 255


class Lamp:
    """One lamp."""

    def __init__(self, index: int, *, seed: int) -> None:
        random = Random(f"{seed}/homeassistant/{index}")
        self.device = f"lamp-{index + 1:02}-{random.getrandbits(16):04x}"
        self.client_id = self.device
        self.base = f"lighting/{self.device}"
        self.will = Message(f"{self.base}/availability", "offline", qos=1, retain=True)
        self.filters = (f"{self.base}/set",)
        self.members = 1
        self.on = True
        self.brightness = 180
        self.night = 0
        self._watts = random.uniform(5, 14)
        self._hum = Wander(random, spread=0.02, memory_s=20)

    def birth(self, now: float) -> list[Message]:
        """What it is, that it is there, how it is."""
        online = Message(self.will.topic, "online", qos=1, retain=True)
        return [*self._discovery(), online, self._state(now)]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a lamp is its own only member
        """Its state."""
        return [self._state(now)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:  # noqa: ARG002 - it has one
        """`{"state": "ON", "brightness": 120}`, either or both, or `{"night": 1}`; answered by its state."""
        wish = load(payload)
        state, brightness = wish.get("state"), wish.get("brightness")
        if wish.get("night") in (0, 1):
            self.night = int(wish["night"])
            return [self._state(now)]
        lit = isinstance(brightness, int) and not isinstance(brightness, bool) and 0 < brightness <= MAX_BRIGHTNESS
        if state not in ("ON", "OFF") and not lit:
            return []
        self.on = state != "OFF"
        if lit:
            self.brightness = int(str(brightness))
        return [self._state(now)]

    def reboot(self, now: float) -> None:
        """It comes back lit, as lamps do that have lost power."""
        del now
        self.on = True

    def _state(self, now: float) -> Message:
        lit = self._watts * self.brightness / MAX_BRIGHTNESS * (1 + self._hum.step(now)) if self.on else 0.3
        fields = {"state": "ON" if self.on else "OFF", "brightness": self.brightness, "power": round(lit, 2)}
        fields["night"] = self.night
        return Message(f"{self.base}/state", encode({**fields, "color_mode": "brightness"}), retain=True)

    def _discovery(self) -> list[Message]:
        device = {"ids": [self.device], "name": self.device, "mf": "Own make", "mdl": "L1", "sw": "0.9.1"}
        common: dict[str, object] = {"~": self.base, "avty_t": "~/availability", "dev": device}
        light = {
            "schema": "json",
            "name": None,
            "uniq_id": f"{self.device}_light",
            "stat_t": "~/state",
            "cmd_t": "~/set",
            "brightness": True,
            "sup_clrm": ["brightness"],
        }
        power = {
            "name": "Power",
            "uniq_id": f"{self.device}_power",
            "stat_t": "~/state",
            "unit_of_meas": "W",
            "dev_cla": "power",
            "val_tpl": "{{ value_json.power }}",
        }
        night = {
            "name": "Night light",
            "uniq_id": f"{self.device}_night",
            "stat_t": "~/state",
            "val_tpl": "{{ value_json.night }}",
            "cmd_t": "~/set",
            "pl_on": "1",
            "pl_off": "0",
            "cmd_tpl": '{"night": {{ value }} }',
        }
        return [
            Message(f"homeassistant/switch/{self.device}/night/config", encode(common | night), retain=True),
            Message(f"homeassistant/light/{self.device}/config", encode(common | light), retain=True),
            Message(f"homeassistant/sensor/{self.device}/power/config", encode(common | power), retain=True),
        ]
