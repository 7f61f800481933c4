"""Shelly plugs of the later generations (Plus Plug S), which speak JSON-RPC.

Layout: `<id>/online` is the will; changes are NotifyStatus on `<id>/events/rpc`; a request on `<id>/rpc`
`{"id", "src", "method", "params"}` is answered on `<src>/rpc`; `<id>/command/switch:0` takes a word.
"""

from random import Random

from simulators.base import Message, encode, load
from simulators.nature import Wander

Fields = dict[str, object]
NO_HANDLER = 404
INVALID_ARGUMENT = -103


class ShellyGen2:
    """One plug and a load of constant size in it."""

    def __init__(self, index: int, *, seed: int) -> None:
        self._random = random = Random(f"{seed}/shelly_gen2/{index}")
        self.device = f"shellyplusplugs-{random.getrandbits(48):012x}"
        self.client_id = self.device
        self.will = Message(f"{self.device}/online", "false", qos=1, retain=True)
        self.filters = (f"{self.device}/rpc", f"{self.device}/command/switch:0")
        self.members = 1
        self.on = True
        self._load_w = random.uniform(4, 1200)
        self._hum = Wander(random, spread=0.02, memory_s=20)
        self._volts = Wander(random, spread=1.5, memory_s=300)
        self._warmth = Wander(random, spread=0.4, memory_s=200)
        self._energy_wh = random.uniform(10, 90_000)
        self._at: float | None = None
        self._booted: float | None = None

    def birth(self, now: float) -> list[Message]:
        """Online, and everything it knows of itself."""
        self._booted = now if self._booted is None else self._booted
        online = Message(self.will.topic, "true", qos=1, retain=True)
        return [online, self._notify("NotifyFullStatus", self._everything(now), now)]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a plug is its own only member
        """What has changed: power, voltage, the counter."""
        changed = self._switch(now)
        del changed["source"], changed["output"]
        return [self._notify("NotifyStatus", {"switch:0": changed}, now)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """A call, answered to who asked; or a word for the relay. What has changed is told after it."""
        if topic == self.filters[1]:
            word = payload.decode("utf-8", "replace").partition(",")[0]
            wanted = {"on": True, "off": False, "toggle": not self.on}.get(word)
            return [] if wanted is None else self._turn(now, on=wanted)
        call = load(payload)
        asker, method, params = call.get("src"), call.get("method"), call.get("params") or {}
        if not isinstance(asker, str) or not isinstance(method, str) or not isinstance(params, dict):
            return []
        was_on = self.on
        told: list[Message] = []
        if method == "Switch.Toggle" or (method == "Switch.Set" and isinstance(params.get("on"), bool)):
            told = self._turn(now, on=not self.on if method == "Switch.Toggle" else params["on"])
        answer = self._result(method, params, now, was_on=was_on)
        frame = {"id": call.get("id"), "src": self.device, "dst": asker, **answer}
        return [Message(f"{asker}/rpc", encode(frame)), *told]

    def reboot(self, now: float) -> None:
        """The uptime begins anew; the relay's state and the counter are kept."""
        self._booted = now

    def _result(self, method: str, params: Fields, now: float, *, was_on: bool) -> Fields:
        if method.startswith("Switch.") and params.get("id") != 0:
            message = f"Argument 'id', value {params.get('id')} not found!"
            return {"error": {"code": INVALID_ARGUMENT, "message": message}}
        results: dict[str, Fields] = {
            "Switch.Set": {"was_on": was_on},
            "Switch.Toggle": {"was_on": was_on},
            "Switch.GetStatus": self._switch(now),
            "Shelly.GetStatus": self._everything(now),
            "Shelly.GetDeviceInfo": {"id": self.device, "model": "SNPL-00112EU", "gen": 2, "ver": "1.4.4"},
        }
        if method not in results:
            return {"error": {"code": NO_HANDLER, "message": f"No handler for {method}"}}
        return {"result": results[method]}

    def _turn(self, now: float, *, on: bool) -> list[Message]:
        self._switch(now)
        self.on = on
        state: Fields = {"id": 0, "output": on, "source": "MQTT"}
        return [self._notify("NotifyStatus", {"switch:0": state}, now)]

    def _notify(self, method: str, params: Fields, now: float) -> Message:
        frame = {"src": self.device, "dst": f"{self.device}/events", "method": method}
        return Message(f"{self.device}/events/rpc", encode({**frame, "params": {"ts": round(now, 2), **params}}))

    def _switch(self, now: float) -> Fields:
        watts = max(0.0, self._load_w * (1 + self._hum.step(now))) if self.on else 0.0
        if self._at is not None:
            self._energy_wh += watts * max(0.0, min(now - self._at, 3600)) / 3600
        self._at = now
        volts = 230 + self._volts.step(now)
        celsius = 38 + watts / 150 + self._warmth.step(now)
        energy = {
            "total": round(self._energy_wh, 3),
            "by_minute": [round(watts * 1000 / 60, 3)] * 3,
            "minute_ts": int(now // 60 * 60),
        }
        return {
            "id": 0,
            "source": "init",
            "output": self.on,
            "apower": round(watts, 1),
            "voltage": round(volts, 1),
            "current": round(watts / volts, 3),
            "aenergy": energy,
            "temperature": {"tC": round(celsius, 1), "tF": round(celsius * 1.8 + 32, 1)},
        }

    def _everything(self, now: float) -> Fields:
        uptime_s = int(now - (now if self._booted is None else self._booted))
        system = {"mac": self.device.rpartition("-")[2].upper(), "uptime": uptime_s, "unixtime": int(now)}
        return {
            "cloud": {"connected": False},
            "mqtt": {"connected": True},
            "switch:0": self._switch(now),
            "sys": system,
            "wifi": {"sta_ip": "192.0.2.17", "status": "got ip", "ssid": "home", "rssi": -58},
        }
