"""An OpenMQTTGateway that hears Bluetooth thermometers.

Layout: `home/<gateway>/BTtoMQTT/<MAC>` for each that it hears, `…/LWT` is the will, `…/SYStoMQTT` its own state;
`…/commands/MQTTtoSYS/config` `{"cmd": "status"}` is answered by that, `…/commands/MQTTtoBT/config` by the new settings.
"""

from random import Random

from simulators.base import Message, encode, load
from simulators.nature import Wander

VERSION = "v1.8.1"
SYS_EVERY = 10


class OpenMqttGateway:
    """One gateway; each thermometer is a member."""

    def __init__(self, thermometers: int, *, seed: int) -> None:
        random = Random(f"{seed}/openmqttgateway")
        self.gateway = f"OMG_{random.getrandbits(24):06X}"
        self.client_id = self.gateway
        self._base = f"home/{self.gateway}"
        self.will = Message(f"{self._base}/LWT", "offline", qos=1, retain=True)
        self.filters = (f"{self._base}/commands/+/config",)
        self.members = thermometers
        self.interval_ms = 55_555
        self._macs = [f"A4C138{random.getrandbits(24):06X}" for _ in range(thermometers)]
        self._celsius = [Wander(random, spread=2.5, memory_s=5000) for _ in range(thermometers)]
        self._humidity = [Wander(random, spread=6, memory_s=5000) for _ in range(thermometers)]
        self._signal = Wander(random, spread=6, memory_s=30)
        self._booted: float | None = None
        self._reports = 0

    def birth(self, now: float) -> list[Message]:
        """Online, and its own state."""
        self._booted = now if self._booted is None else self._booted
        return [Message(self.will.topic, "online", qos=1, retain=True), self._system(now)]

    def report(self, member: int, now: float) -> list[Message]:
        """What it hears of one thermometer, now and then its own state beside it."""
        celsius = 20.5 + self._celsius[member].step(now)
        mac = self._macs[member]
        heard = {
            "id": ":".join(mac[i : i + 2] for i in range(0, 12, 2)),
            "rssi": round(-71 + self._signal.step(now)),
            "brand": "Xiaomi",
            "model": "Mi Jia Thermometer",
            "model_id": "LYWSD03MMC_ATC",
            "tempc": round(celsius, 1),
            "tempf": round(celsius * 1.8 + 32, 1),
            "hum": round(46 + self._humidity[member].step(now)),
            "batt": 78,
            "volt": 2.9,
        }
        self._reports += 1
        told = [Message(f"{self._base}/BTtoMQTT/{mac}", encode(heard))]
        return [*told, self._system(now)] if self._reports % SYS_EVERY == 0 else told

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """The gateway's settings and its state; its thermometers hear nobody."""
        module, wish = topic.split("/")[-2], load(payload)
        if module == "MQTTtoSYS" and wish.get("cmd") == "status":
            return [self._system(now)]
        interval_ms = wish.get("interval")
        if module == "MQTTtoBT" and isinstance(interval_ms, int) and not isinstance(interval_ms, bool):
            self.interval_ms = interval_ms
            return [Message(f"{self._base}/BTtoMQTT", encode({"bleconnect": True, "interval": interval_ms}))]
        return []

    def reboot(self, now: float) -> None:
        """The uptime begins anew."""
        self._booted = now

    def _system(self, now: float) -> Message:
        uptime_s = int(now - (now if self._booted is None else self._booted))
        state = {"uptime": uptime_s, "version": VERSION, "rssi": -52, "SSID": "home", "modules": ["BT"]}
        return Message(f"{self._base}/SYStoMQTT", encode({**state, "freemem": 118_340, "tempc": 47.2}))
