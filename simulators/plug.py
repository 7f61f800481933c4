"""Smart plugs with Tasmota firmware, each with an MQTT session of its own.

Layout (Tasmota 14): retained `tasmota/discovery/<MAC>/config` and `/sensors`; `tele/<topic>/LWT` is the will;
`tele/<topic>/STATE` and `/SENSOR` are periodic; `cmnd/<topic>/POWER` is answered on `stat/<topic>/RESULT` and `/POWER`.
"""

import math
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple

from simulators.base import Message, encode
from simulators.nature import DAY_S, Wander

VERSION = "14.6.0"
STATE_EVERY = 6
"""One STATE for so many SENSOR messages: a real plug sends both each period, but people look at SENSOR."""
LONGEST_GAP_S = 3600.0


HOUR_S = 3600.0


class Appliance(NamedTuple):
    """What is in a plug: power in W for so many seconds, one step after the other, over and over from midnight."""

    name: str
    steps: tuple[tuple[float, float], ...]

    def watts(self, now: float) -> float:
        """Its power at a moment, switched on."""
        left_s = now % sum(seconds for seconds, _ in self.steps)
        for seconds, watts in self.steps:
            if left_s < seconds:
                return watts
            left_s -= seconds
        return self.steps[-1][1]


APPLIANCES = (
    Appliance("Fridge", ((1200, 85), (2100, 1.2))),
    Appliance("Washing machine", ((1500, 1950), (2400, 190), (600, 60), (600, 410), (16_500, 0.6))),
    Appliance("Television", ((18 * HOUR_S, 0.8), (5 * HOUR_S, 118), (HOUR_S, 0.8))),
    Appliance("Desk lamp", ((HOUR_S, 11.5),)),
    Appliance("Fan heater", ((520, 1480), (380, 22))),
    Appliance("Router", ((8 * HOUR_S, 9.4), (16 * HOUR_S, 11.2))),
)


class Plug:
    """One plug and the appliance in it."""

    def __init__(self, index: int, *, seed: int) -> None:
        self._random = random = Random(f"{seed}/plug/{index}")
        self._appliance = APPLIANCES[index % len(APPLIANCES)]
        name = self._appliance.name
        self.name = name if index < len(APPLIANCES) else f"{name} {index // len(APPLIANCES) + 1}"
        self._mac = f"5CCF7F{random.getrandbits(24):06X}"
        self.topic = f"tasmota_{self._mac[6:]}"
        self.client_id = f"DVES_{self._mac[6:]}"
        self.will = Message(f"tele/{self.topic}/LWT", "Offline", qos=1, retain=True)
        self.filters = (f"cmnd/{self.topic}/+",)
        self.members = 1
        self.on = True
        self._phase = random.uniform(0, HOUR_S)
        self._volts = Wander(random, spread=1.3, memory_s=300)
        self._load = Wander(random, spread=0.015, memory_s=8)
        self._signal = Wander(random, spread=3, memory_s=60)
        self._factor = random.uniform(0.86, 0.99)
        self._total_kwh = random.uniform(20, 400)
        self._today_kwh = random.uniform(0.05, 0.6)
        self._yesterday_kwh = random.uniform(0.2, 1.8)
        self._day: int | None = None
        self._at: float | None = None
        self._booted: float | None = None
        self._reports = 0
        self._connects = 0

    def birth(self, now: float) -> list[Message]:
        """Online, discovery, a full state."""
        self._booted = now if self._booted is None else self._booted
        self._connects += 1
        discovery = f"tasmota/discovery/{self._mac}"
        return [
            Message(self.will.topic, "Online", qos=1, retain=True),
            Message(f"{discovery}/config", encode(self._config()), retain=True),
            Message(f"{discovery}/sensors", encode({"sn": self._sensor(now), "ver": 1}), retain=True),
            Message(f"tele/{self.topic}/INFO1", encode({"Info1": self._info()})),
            Message(f"tele/{self.topic}/STATE", encode(self._state(now))),
            Message(f"tele/{self.topic}/SENSOR", encode(self._sensor(now))),
        ]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a plug is its own only member
        """SENSOR, each sixth time STATE."""
        self._reports += 1
        if self._reports % STATE_EVERY == 0:
            return [Message(f"tele/{self.topic}/STATE", encode(self._state(now)))]
        return [Message(f"tele/{self.topic}/SENSOR", encode(self._sensor(now)))]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """POWER with ON, OFF, TOGGLE (or 1, 0, 2) or empty to ask; STATE; TELEPERIOD is not for a simulator."""
        verb = topic.rpartition("/")[2].upper()
        word = payload.decode("utf-8", "replace").strip().upper()
        if verb == "STATE":
            return [Message(f"stat/{self.topic}/RESULT", encode(self._state(now)))]
        if verb not in ("POWER", "POWER1"):
            return [Message(f"stat/{self.topic}/RESULT", encode({"Command": "Unknown", "Input": verb}))]
        self._energy(now)
        switch = {"ON": True, "1": True, "OFF": False, "0": False, "TOGGLE": not self.on, "2": not self.on}
        self.on = switch.get(word, self.on)
        power = self._power_word()
        return [
            Message(f"stat/{self.topic}/RESULT", encode({"POWER": power})),
            Message(f"stat/{self.topic}/POWER", power),
        ]

    def reboot(self, now: float) -> None:
        """The uptime and the number of connects begin anew; relay and counters are kept in flash."""
        self._booted = now
        self._connects = 0

    def _power_word(self) -> str:
        return "ON" if self.on else "OFF"

    def _watts(self, now: float) -> float:
        if not self.on:
            return 0.0
        return max(0.0, self._appliance.watts(now + self._phase) * (1 + self._load.step(now)))

    def _energy(self, now: float) -> float:
        watts = self._watts(now)
        day = int(now // DAY_S)
        if self._day is not None and day != self._day:
            self._yesterday_kwh, self._today_kwh = self._today_kwh, 0.0
        if self._at is not None:
            used = watts * max(0.0, min(now - self._at, LONGEST_GAP_S)) / 3.6e6
            self._today_kwh += used
            self._total_kwh += used
        self._day, self._at = day, now
        return watts

    def _sensor(self, now: float) -> dict[str, object]:
        watts = self._energy(now)
        volts = 230.5 + self._volts.step(now) - watts / 900
        apparent = watts / self._factor
        return {
            "Time": _clock(now),
            "ENERGY": {
                "TotalStartTime": "2024-03-01T08:15:00",
                "Total": round(self._total_kwh, 3),
                "Yesterday": round(self._yesterday_kwh, 3),
                "Today": round(self._today_kwh, 3),
                "Period": 0,
                "Power": round(watts, 1),
                "ApparentPower": round(apparent, 1),
                "ReactivePower": round(math.sqrt(max(0.0, apparent**2 - watts**2)), 1),
                "Factor": round(self._factor, 2) if self.on else 0.0,
                "Voltage": round(volts, 1),
                "Current": round(apparent / volts, 3),
            },
        }

    def _state(self, now: float) -> dict[str, object]:
        uptime_s = int(now - (now if self._booted is None else self._booted))
        signal = round(min(-38.0, max(-88.0, -61 + self._signal.step(now))))
        wifi = {
            "AP": 1,
            "SSId": "home",
            "Channel": 6,
            "Mode": "11n",
            "RSSI": min(100, max(0, 2 * (signal + 100))),
            "Signal": signal,
            "LinkCount": 1,
            "Downtime": "0T00:00:03",
        }
        return {
            "Time": _clock(now),
            "Uptime": f"{uptime_s // 86_400}T{uptime_s // 3600 % 24:02}:{uptime_s // 60 % 60:02}:{uptime_s % 60:02}",
            "UptimeSec": uptime_s,
            "Heap": 26,
            "SleepMode": "Dynamic",
            "Sleep": 50,
            "LoadAvg": 19,
            "MqttCount": self._connects,
            "POWER": self._power_word(),
            "Wifi": wifi,
        }

    def _info(self) -> dict[str, object]:
        fallback = f"cmnd/{self.client_id}_fb/"
        return {"Module": "Gosund SP1", "Version": f"{VERSION}(tasmota)", "FallbackTopic": fallback}

    def _config(self) -> dict[str, object]:
        return {
            "dn": self.name,
            "fn": [self.name, *[None] * 7],
            "hn": f"tasmota-{self._mac[6:]}",
            "mac": self._mac,
            "md": "Gosund SP1",
            "ofln": "Offline",
            "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"],
            "sw": VERSION,
            "t": self.topic,
            "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"],
            "rl": [1, *[0] * 7],
            "so": {"4": 0, "30": 0, "73": 0},
            "ver": 1,
        }


def _clock(now: float) -> str:
    # Tasmota's own clock has whole seconds and no zone; these plugs are set to UTC.
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
