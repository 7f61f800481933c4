"""A ChirpStack 4 server with valves behind it.

Layout: JSON on `application/<id>/device/<DevEUI>/event/<up|txack|ack|status>`; `…/command/down`
`{"id", "devEui", "confirmed", "fPort", "data" or "object"}` waits for the device's next uplink.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from simulators.base import NO_WILL, Message, encode, load
from simulators.lorawan import MAX_QUEUE, Downlink, Valve, payload_of

STATUS_EVERY = 20


class ChirpStack:
    """The server's MQTT integration; each valve is a member."""

    def __init__(self, valves: int, *, seed: int) -> None:
        self._random = random = Random(f"{seed}/chirpstack")
        self._application = str(UUID(int=random.getrandbits(128), version=4))
        self.client_id = f"chirpstack-{random.getrandbits(32):08x}"
        self._base = f"application/{self._application}/device"
        self.will = NO_WILL
        self.filters = (f"{self._base}/+/command/down",)
        self.members = valves
        self.valves = [Valve(random) for _ in range(valves)]
        self._by_eui = {valve.eui: valve for valve in self.valves}

    def birth(self, now: float) -> list[Message]:
        """Nothing of its own: a server speaks when its devices do."""
        del now
        return []

    def report(self, member: int, now: float) -> list[Message]:
        """An uplink, now and then the status; then what waited for the device has gone out to it."""
        valve = self.valves[member]
        valve.frames_up += 1
        told = [self._up(valve, now)]
        if valve.frames_up % STATUS_EVERY == 0:
            status = {
                "margin": 12,
                "externalPowerSource": False,
                "batteryLevel": 88.5,
                "batteryLevelUnavailable": False,
            }
            told.append(self._event(valve, "status", now, status))
        heard = valve.hear()
        if heard is not None:
            told.append(self._event(valve, "txack", now, {"downlinkId": heard.port, "queueItemId": heard.tag}))
            if heard.confirmed:
                acknowledged = {"queueItemId": heard.tag, "acknowledged": True, "fCntDown": valve.frames_down}
                told.append(self._event(valve, "ack", now, acknowledged))
        return told

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """Put a downlink into the device's queue; told by events when it has gone out, and by the next uplink."""
        del now
        wish, eui = load(payload), topic.split("/")[3].lower()
        valve, port = self._by_eui.get(eui), wish.get("fPort")
        body = payload_of(wish.get("data"), wish.get("object"))
        named = str(wish.get("devEui", "")).lower()
        if valve is None or named != eui or not isinstance(port, int) or body is None or len(valve.queue) >= MAX_QUEUE:
            return []
        tag = str(wish.get("id") or UUID(int=self._random.getrandbits(128), version=4))
        valve.queue.append(Downlink(port, body, wish.get("confirmed") is True, tag))
        return []

    def reboot(self, now: float) -> None:
        """Queues are in the server's database."""

    def _up(self, valve: Valve, now: float) -> Message:
        reading = valve.read(now)
        gateway = {"gatewayId": "0016c001f153a14c", "rssi": round(-92 + valve.rssi.step(now)), "snr": 7.5}
        uplink = {
            "devAddr": valve.address,
            "adr": True,
            "dr": 5,
            "fCnt": valve.frames_up,
            "fPort": 2,
            "confirmed": False,
            "data": valve.bytes_of(reading),
            "object": reading,
            "rxInfo": [gateway],
            "txInfo": {"frequency": 868_100_000},
        }
        return self._event(valve, "up", now, uplink)

    def _event(self, valve: Valve, kind: str, now: float, members: Mapping[str, object]) -> Message:
        info = {
            "tenantName": "ChirpStack",
            "applicationId": self._application,
            "applicationName": "water",
            "deviceProfileName": "valve",
            "deviceName": f"valve-{valve.eui[-4:]}",
            "devEui": valve.eui,
        }
        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        known = {"deduplicationId": str(UUID(int=self._random.getrandbits(128), version=4)), "time": at}
        return Message(f"{self._base}/{valve.eui}/event/{kind}", encode({**known, "deviceInfo": info, **members}))
