"""Radiator thermostats behind one Zigbee2MQTT bridge.

Layout (Zigbee2MQTT 2.x): retained `bridge/devices` names members, keys and units; `bridge/state` is the bridge's will;
`<name>/availability` tells who is in reach; `<name>` carries the whole state as flat JSON; `<name>/set` changes it.
"""

import json
from dataclasses import dataclass, field
from random import Random

from simulators.base import Message, encode
from simulators.nature import Room, Wander, bump, hour_of_day

BASE = "zigbee2mqtt"
VERSION = "2.6.0"
NAMES = ("Living room", "Kitchen", "Bathroom", "Bedroom", "Office", "Hall", "upstairs/Guest room", "Workshop")
LOWEST_CELSIUS, HIGHEST_CELSIUS = 5.0, 30.0
DAY_CELSIUS, NIGHT_CELSIUS = 21.0, 17.5
READ, SET, GET = 1, 2, 4
DRAIN_PER_DAY = 0.12


def _numeric(name: str, unit: str, access: int, description: str) -> dict[str, object]:
    label = name.replace("_", " ").capitalize()
    return {
        "type": "numeric",
        "name": name,
        "label": label,
        "property": name,
        "access": access,
        "unit": unit,
        "description": description,
    }


def _enum(name: str, values: tuple[str, ...], access: int, description: str) -> dict[str, object]:
    label = name.replace("_", " ").capitalize()
    return {
        "type": "enum",
        "name": name,
        "label": label,
        "property": name,
        "access": access,
        "values": list(values),
        "description": description,
    }


def exposes() -> list[dict[str, object]]:
    """What a member says it can do, as in `definition.exposes` of bridge/devices."""
    setpoint = _numeric("occupied_heating_setpoint", "°C", READ | SET | GET, "Temperature setpoint")
    setpoint |= {"value_min": LOWEST_CELSIUS, "value_max": HIGHEST_CELSIUS, "value_step": 0.5}
    climate = [
        setpoint,
        _numeric("local_temperature", "°C", READ | GET, "Current temperature measured on the device"),
        _enum("system_mode", ("off", "heat"), READ | SET | GET, "Mode of this device"),
        _enum("running_state", ("idle", "heat"), READ | GET, "The current running state"),
        _numeric("pi_heating_demand", "%", READ | GET, "Position of the valve (= demanded heat)"),
    ]
    return [
        {"type": "climate", "features": climate},
        _numeric("battery", "%", READ, "Remaining battery in %"),
        _numeric("voltage", "mV", READ, "Voltage of the battery in millivolts"),
        _numeric("linkquality", "lqi", READ, "Link quality (signal strength)"),
    ]


@dataclass
class Thermostat:
    """One radiator thermostat."""

    name: str
    address: str
    random: Random
    setpoint: float | None = None
    mode: str = "heat"
    away_until: float | None = None
    room: Room = field(init=False)
    battery: float = field(init=False)

    def __post_init__(self) -> None:
        self.room = Room(self.random, temperature=self.random.uniform(19, 22))
        self.battery = self.random.uniform(55, 100)
        self._link = Wander(self.random, spread=14, memory_s=120)
        self._link_centre = self.random.uniform(80, 180)
        self._valve = 0.3
        self._at: float | None = None

    def target(self, now: float) -> float:
        """The setpoint in °C: what was commanded, else the weekly programme's day or night."""
        if self.setpoint is not None:
            return self.setpoint
        night = bump(hour_of_day(now), 2.5, 4) > 1 / 3
        return NIGHT_CELSIUS if night else DAY_CELSIUS

    def state(self, now: float) -> dict[str, object]:
        """The flat state object."""
        temperature = self.room.step(now, valve=self._valve)
        wanted = (self.target(now) - temperature) * 0.5 + 0.35
        self._valve = min(1.0, max(0.0, wanted)) if self.mode == "heat" else 0.0
        if self._at is not None:
            self.battery = max(1.0, self.battery - max(0.0, now - self._at) / 86_400 * DRAIN_PER_DAY)
        self._at = now
        link = round(min(255, max(1, self._link_centre + self._link.step(now))))
        return {
            "battery": round(self.battery),
            "linkquality": link,
            "local_temperature": round(temperature, 2),
            "occupied_heating_setpoint": self.target(now),
            "pi_heating_demand": round(self._valve * 100),
            "running_state": "heat" if self._valve > 0 else "idle",
            "system_mode": self.mode,
            "voltage": round(2400 + self.battery * 6.5),
        }

    def set(self, wish: object) -> bool:
        """Take over what a `set` payload asks for; whether it had anything to ask."""
        if not isinstance(wish, dict):
            return False
        setpoint, mode = wish.get("occupied_heating_setpoint"), wish.get("system_mode")
        known = False
        if isinstance(setpoint, int | float) and not isinstance(setpoint, bool):
            self.setpoint = min(HIGHEST_CELSIUS, max(LOWEST_CELSIUS, round(setpoint * 2) / 2))
            known = True
        if mode in ("off", "heat"):
            self.mode = mode
            known = True
        return known


class Bridge:
    """Zigbee2MQTT with its thermostats: one MQTT session for all of them."""

    def __init__(self, count: int, *, seed: int) -> None:
        random = Random(f"{seed}/zigbee2mqtt")
        self._address = f"0x00124b{random.getrandbits(40):010x}"
        self.thermostats = [
            Thermostat(
                NAMES[i] if i < len(NAMES) else f"Room {i + 1}",
                f"0x0c4314fffe{random.getrandbits(24):06x}",
                Random(f"{seed}/thermostat/{i}"),
            )
            for i in range(count)
        ]
        self._by_name = {thermostat.name: thermostat for thermostat in self.thermostats}
        self.client_id = f"mqttjs_{random.getrandbits(32):08x}"
        self.filters = (f"{BASE}/+/set", f"{BASE}/+/get", f"{BASE}/+/+/set", f"{BASE}/+/+/get")
        self.will = Message(f"{BASE}/bridge/state", encode({"state": "offline"}), qos=1, retain=True)

    @property
    def members(self) -> int:
        """How many thermostats it has."""
        return len(self.thermostats)

    def birth(self, now: float) -> list[Message]:
        """The bridge's retained topics, then availability and state of every member."""
        coordinator = {"type": "zStack3x0", "ieee_address": self._address}
        info = {"version": VERSION, "coordinator": coordinator, "permit_join": False, "log_level": "info"}
        said = [
            Message(f"{BASE}/bridge/state", encode({"state": "online"}), qos=1, retain=True),
            Message(f"{BASE}/bridge/info", encode(info), retain=True),
            Message(f"{BASE}/bridge/devices", self._devices(), retain=True),
        ]
        for thermostat in self.thermostats:
            reachable = thermostat.away_until is None or now >= thermostat.away_until
            said.append(_availability(thermostat, online=reachable))
            if reachable:
                thermostat.away_until = None
                said.append(_state(thermostat, now))
        return said

    def report(self, member: int, now: float) -> list[Message]:
        """A member's state; nothing while it is out of reach."""
        thermostat = self.thermostats[member]
        if thermostat.away_until is None:
            return [_state(thermostat, now)]
        if now < thermostat.away_until:
            return []
        thermostat.away_until = None
        return [_availability(thermostat, online=True), _state(thermostat, now)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """`<name>/set` and `<name>/get` are answered with the state."""
        name, _, verb = topic.removeprefix(f"{BASE}/").rpartition("/")
        thermostat = self._by_name.get(name)
        if thermostat is None or thermostat.away_until is not None:
            return []
        if verb == "set":
            try:
                wish = json.loads(payload)
            except ValueError:
                return []
            if not thermostat.set(wish):
                return []
        return [_state(thermostat, now)]

    def reboot(self, now: float) -> None:
        """Nothing to forget: the network lives in the coordinator."""

    def lose(self, member: int, now: float, away_s: float) -> list[Message]:
        """A member's battery contact or radio path fails for a while."""
        thermostat = self.thermostats[member]
        thermostat.away_until = now + away_s
        return [_availability(thermostat, online=False)]

    def _devices(self) -> str:
        coordinator = {
            "ieee_address": self._address,
            "type": "Coordinator",
            "network_address": 0,
            "supported": True,
            "friendly_name": "Coordinator",
            "definition": None,
            "interview_completed": True,
        }
        return encode_list([coordinator, *(_entry(t, i) for i, t in enumerate(self.thermostats))])


def encode_list(items: list[dict[str, object]]) -> str:
    """A JSON array of objects, without blanks."""
    return f"[{','.join(encode(item) for item in items)}]"


def _entry(thermostat: Thermostat, index: int) -> dict[str, object]:
    definition = {
        "model": "014G2461",
        "vendor": "Danfoss",
        "description": "Ally thermostat",
        "exposes": exposes(),
        "options": [],
        "supports_ota": True,
    }
    return {
        "ieee_address": thermostat.address,
        "type": "EndDevice",
        "network_address": 4096 + 37 * index,
        "supported": True,
        "friendly_name": thermostat.name,
        "disabled": False,
        "definition": definition,
        "manufacturer": "Danfoss",
        "model_id": "eTRV0100",
        "power_source": "Battery",
        "software_build_id": "01.20.0008",
        "interview_completed": True,
    }


def _availability(thermostat: Thermostat, *, online: bool) -> Message:
    state = {"state": "online" if online else "offline"}
    return Message(f"{BASE}/{thermostat.name}/availability", encode(state), qos=1, retain=True)


def _state(thermostat: Thermostat, now: float) -> Message:
    return Message(f"{BASE}/{thermostat.name}", encode(thermostat.state(now)))
