"""What is known of each device beside its values, and what may be taken of it: told once, when it changes.

A device's own facts go on `device/<device>`, whether it is reachable on `connectivity/<device>`; values carry none of
it. What people have said of devices (`registry/<device>`) decides whether a device is taken, and as which.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from hub import connectivity, registry
from hub.connectivity import Connectivity
from hub.decoders.base import Decoded
from hub.decoders.clock import Moment, in_zone
from hub.device_facts import DeviceFacts
from hub.events import decode_event
from hub.quarantine import Quarantine
from hub.registry import NOTHING, Record, record_of
from hub.zones import zone_of

DEVICE_PREFIX = "device/"
CONNECTIVITY_PREFIX = connectivity.PREFIX
MAX_DEVICES = 200_000
"""Devices that are remembered; past that the oldest is forgotten and told anew when it speaks (`forgotten`)."""

SAYS_NOTHING = frozenset({"removal", "command", "request", "broadcast"})
"""Kinds of messages that others send about or to a device: no sign that it is there."""

Told = tuple[str, Mapping[str, object]]
"""Topic and data of an event."""


class Descriptions:
    """The devices that this process has heard of; times are ms of the hub's clock.

    With `approve`, a device that nobody has heard of is held in quarantine until people approve it. `open` is true
    while every device is taken for what it says it is: only then `admit` need not be asked. `changes` grows whenever
    something changes but values that come as before.
    """

    def __init__(self, *, approve: bool = False) -> None:
        self.changes = 0
        self.forgotten = 0
        self.quarantine = Quarantine()
        self.open = not approve
        self._approve = approve
        self._known: dict[str, DeviceFacts] = {}
        self._records: dict[str, Record] = {}
        self._closed: set[str] = set()
        self._connectivity = Connectivity(expected_ms=self._expected_ms)

    def __len__(self) -> int:
        return len(self._known)

    def restore(self, pieces: Iterable[bytes], now_ms: int | None = None) -> None:
        """Take what is on the log: events on `device/…`, `connectivity/…` and `registry/…`, records first."""
        self.changes += 1
        for piece in pieces:
            event = decode_event(piece)
            topic, data = str(event["topic"]), event["data"]
            if not isinstance(data, dict):
                continue
            told_ms = cast("int", event["time"])
            device, at_ms = topic.partition("/")[2], told_ms if now_ms is None else now_ms
            if topic.startswith(DEVICE_PREFIX):
                self._of(device, told_ms).restore(data, told_ms)
                self._connectivity.restore_kinds(device, data.get("keys", {}), at_ms)
            elif topic.startswith(CONNECTIVITY_PREFIX):
                self._connectivity.restore(device, data, at_ms)
            elif topic.startswith(registry.PREFIX):
                self._heed(device, record_of(piece), at_ms)

    def takes(self, device: str | None) -> bool:
        """Whether `admit` would leave what a device says as it is."""
        return self.open or (device in self._known and device not in self._closed)

    def admit(self, decoded: Decoded) -> Decoded | None:
        """What a device says, as the device that it is taken for; None where it is not taken (then `hold` it)."""
        device = decoded.device
        if device is None:
            return decoded
        record = self._records.get(device, NOTHING)
        if record.merged_into is not None:
            device = record.merged_into
            decoded, record = replace(decoded, device=device), self._records.get(device, NOTHING)
        if record.approved is False or (self._approve and record.approved is None and device not in self._known):
            return None
        return decoded

    def when(self, device: str | None, time: Moment | None, now_ms: int) -> int | None:
        """The time of a device's clock in ms; of one that tells no zone, None where people have not said it either.

        What is merged into another device has its own zone, or else that of the other one.
        """
        if time is None or isinstance(time, int):
            return time
        record = self._records.get(device or "", NOTHING)
        if not record.zone and record.merged_into is not None:
            record = self._records.get(record.merged_into, NOTHING)
        zone = zone_of(record.zone) if record.zone else None
        return None if zone is None else in_zone(time, zone, now_ms)

    def hold(self, decoded: Decoded, family: str, now_ms: int) -> list[Told]:
        """Keep what a device that is not taken says; what to tell operators of it."""
        if decoded.kind in SAYS_NOTHING:
            return []
        return list(self.quarantine.hold(decoded, family, now_ms))

    def learn(self, decoded: Decoded, family: str, *, retained: bool, now_ms: int = 0) -> list[Told]:
        """What a message tells anew of its device; empty for most.

        Values that came live prove the device online; a retained message is only a memory of the broker's.
        """
        device = decoded.device
        if device is None or decoded.kind in SAYS_NOTHING:
            return []
        known = self._known.get(device)
        told: list[Told] = []
        link, news = None, known is None
        if decoded.data and retained:
            for key, value in decoded.data.items():
                news = self._connectivity.learn(device, key, value, now_ms) or news
        elif decoded.data:
            link, fresh = self._connectivity.hear(device, decoded.data, now_ms)
            news = news or fresh
        if decoded.status is not None:
            link = self._connectivity.status(device, decoded.status, now_ms) or link
        known = known or self._of(device, now_ms)
        if (
            news
            or known.told_ms is None
            or known.seen_units is not decoded.units
            or known.seen_attributes is not decoded.attributes
        ):
            self.changes += 1
            if known.learn(decoded, family) or news:
                told.append((DEVICE_PREFIX + device, known.describe(device, self._connectivity.kinds(device), now_ms)))
        if link is not None:
            self.changes += 1
            told.append(link)
        return told

    def quiet(self, decoded: Decoded) -> tuple[int, int]:
        """Until when (ms), and up to which `changes`, live values like these that were learnt just now tell nothing."""
        return self._connectivity.quiet_until_ms(decoded.device or "", decoded.data), self.changes

    def take_due(self, now_ms: int) -> list[Told]:
        """What silence has changed since it was asked last."""
        self.changes += 1
        return list(self._connectivity.take_due(now_ms))

    def connectivity(self, topic: str) -> Told | None:
        """What is true now of the device of a topic on `connectivity/…`."""
        return self._connectivity.now(topic.removeprefix(CONNECTIVITY_PREFIX))

    def _heed(self, device: str, record: Record, now_ms: int) -> None:
        """Do from now on as people have said."""
        if record.version <= self._records.get(device, NOTHING).version:
            return
        self.changes += 1
        self._records[device] = record
        closed = record.approved is False or record.merged_into is not None
        (self._closed.add if closed else self._closed.discard)(device)
        self.open = not self._approve and not self._closed
        if record.approved is not None:
            self.quarantine.release(device)
        known = self._known.get(device)
        if record.forgotten is not None and known is not None and (known.told_ms or 0) <= record.forgotten:
            self._forget(device)
        self._connectivity.expect(device, now_ms)

    def _expected_ms(self, device: str) -> float | None:
        expected_s = self._records.get(device, NOTHING).interval_s
        return None if expected_s is None else expected_s * 1000

    def _forget(self, device: str) -> None:
        self.changes += 1
        del self._known[device]
        self._connectivity.forget(device)

    def _of(self, device: str, now_ms: int) -> DeviceFacts:
        known = self._known.get(device)
        if known is None:
            if len(self._known) >= MAX_DEVICES:
                self._forget(next(iter(self._known)))
                self.forgotten += 1
            known = self._known[device] = DeviceFacts(now_ms)
        return known
