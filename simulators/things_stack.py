"""The Things Stack 3 with valves behind it.

Layout: JSON on `v3/<application>@<tenant>/devices/<id>/up`; `down/push` and `down/replace` take
`{"downlinks": [{"f_port", "frm_payload" or "decoded_payload", "confirmed"}]}`, answered on `down/queued`, then
`down/sent` and `down/ack` when the device has spoken.
"""

from datetime import UTC, datetime
from random import Random

from simulators.base import NO_WILL, Message, encode, load
from simulators.lorawan import MAX_QUEUE, Downlink, Valve, payload_of

APPLICATION = "water@ttn"


class ThingsStack:
    """The server's MQTT integration; each valve is a member."""

    def __init__(self, valves: int, *, seed: int) -> None:
        random = Random(f"{seed}/things_stack")
        self.client_id = f"things-stack-{random.getrandbits(32):08x}"
        self._base = f"v3/{APPLICATION}/devices"
        self.will = NO_WILL
        self.filters = (f"{self._base}/+/down/push", f"{self._base}/+/down/replace")
        self.members = valves
        self.valves = [Valve(random) for _ in range(valves)]
        self._ids = [f"valve-{i + 1:02}" for i in range(valves)]
        self._by_id = dict(zip(self._ids, self.valves, strict=True))

    def birth(self, now: float) -> list[Message]:
        """Nothing of its own: a server speaks when its devices do."""
        del now
        return []

    def report(self, member: int, now: float) -> list[Message]:
        """An uplink; then what waited for the device has gone out to it."""
        valve, device = self.valves[member], self._ids[member]
        valve.frames_up += 1
        told = [self._up(device, valve, now)]
        heard = valve.hear()
        if heard is not None:
            told.append(self._down(device, valve, "sent", of=heard, now=now))
            if heard.confirmed:
                told.append(self._down(device, valve, "ack", of=heard, now=now))
        return told

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """Put downlinks into the device's queue, or in place of it; each that fits is answered as queued."""
        device, verb = topic.split("/")[3], topic.rpartition("/")[2]
        valve, wishes = self._by_id.get(device), load(payload).get("downlinks")
        if valve is None or not isinstance(wishes, list):
            return []
        if verb == "replace":
            valve.queue.clear()
        told = []
        for wish in (one for one in wishes if isinstance(one, dict)):
            body = payload_of(wish.get("frm_payload"), wish.get("decoded_payload"))
            port, tags = wish.get("f_port"), wish.get("correlation_ids") or [""]
            if isinstance(port, int) and body is not None and len(valve.queue) < MAX_QUEUE:
                waiting = Downlink(port, body, wish.get("confirmed") is True, str(tags[0]))
                valve.queue.append(waiting)
                told.append(self._down(device, valve, "queued", of=waiting, now=now))
        return told

    def reboot(self, now: float) -> None:
        """Queues are in the server's database."""

    def _up(self, device: str, valve: Valve, now: float) -> Message:
        reading = valve.read(now)
        gateway = {"gateway_ids": {"gateway_id": "roof"}, "rssi": round(-96 + valve.rssi.step(now)), "snr": 6.2}
        uplink = {
            "f_port": 2,
            "f_cnt": valve.frames_up,
            "frm_payload": valve.bytes_of(reading),
            "decoded_payload": reading,
            "rx_metadata": [gateway],
            "received_at": _iso(now),
        }
        message = {"end_device_ids": _ids(device, valve), "received_at": _iso(now), "uplink_message": uplink}
        return Message(f"{self._base}/{device}/up", encode(message))

    def _down(self, device: str, valve: Valve, step: str, *, of: Downlink, now: float) -> Message:
        what = {"f_port": of.port, "f_cnt": valve.frames_down, "confirmed": of.confirmed}
        tags = [of.tag] if of.tag else []
        message = {
            "end_device_ids": _ids(device, valve),
            "correlation_ids": tags,
            "received_at": _iso(now),
            f"downlink_{step}": {**what, "correlation_ids": tags},
        }
        return Message(f"{self._base}/{device}/down/{step}", encode(message))


def _ids(device: str, valve: Valve) -> dict[str, object]:
    application = {"application_id": APPLICATION.partition("@")[0]}
    return {
        "device_id": device,
        "application_ids": application,
        "dev_eui": valve.eui.upper(),
        "dev_addr": valve.address,
    }


def _iso(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
