"""Whether devices are reachable, and which of their keys have fallen silent: the one definition; pure.

A device is `offline` when its will or a status says so, `online` when a status or a live value does. Where neither its
family nor anybody else tells (no status was ever said), it is `stale` when it is silent for three times its usual
interval, at least 30 s; so is a key of a device that is online. An interval that people expect goes before the learned
one, and holds for a device that tells its status, too.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush
from typing import Any, NamedTuple

from hub.events import Scalar
from hub.reporting_interval import BURST_MS, MIN_SILENCE_MS, ReportingInterval, silence_ms

PREFIX = "connectivity/"
MAX_KEYS = 256
"""Keys of a device that are watched, those that it sent first."""
RETOLD = 2
"""An interval is told again when it is so many times longer or shorter than was told."""

KINDS: Mapping[type, str] = {int: "number", float: "number", bool: "boolean", str: "string"}
MIXED = "string"
"""The kind of a key that was of different ones."""


class Told(NamedTuple):
    """Topic and data of an event."""

    topic: str
    data: dict[str, object]


class _Watched:
    __slots__ = (
        "armed",
        "by",
        "expected_ms",
        "has_status",
        "heard",
        "keys",
        "rhythm",
        "since",
        "stale",
        "state",
        "told_ms",
    )

    def __init__(self, now_ms: int) -> None:
        self.state: str | None = None
        self.since = now_ms
        self.by = ""
        self.has_status = False
        self.rhythm = ReportingInterval(now_ms)
        self.keys: dict[str, ReportingInterval] = {}
        self.heard: AbstractSet[str] = frozenset()
        # How often each of them usually comes; None where that was not told.
        self.stale: dict[str, int | None] = {}
        self.told_ms: int | None = None
        self.expected_ms: float | None = None
        self.armed = False

    def due_ms(self) -> int | None:
        """When the device is stale, if it says nothing until then."""
        if self.expected_ms is not None:
            return self.rhythm.last_ms + silence_ms(self.expected_ms)
        if self.has_status:
            return None
        due_ms = self.rhythm.due_ms()
        # After a restart the rhythm is learned anew; until then the one that was told holds.
        return self.rhythm.last_ms + silence_ms(self.told_ms) if due_ms is None and self.told_ms else due_ms

    def be(self, state: str, by: str, now_ms: int) -> bool:
        """Be in a state; whether that is another one."""
        self.has_status = self.has_status or by == "status"
        if state == self.state:
            return False
        self.state, self.by, self.since = state, by, now_ms
        self.stale.clear()
        return True

    def data(self) -> dict[str, object]:
        data: dict[str, object] = {"state": self.state, "since": self.since, "by": self.by}
        if self.told_ms is not None:
            data["interval_ms"] = self.told_ms
        if self.stale:
            data["keys"] = sorted(self.stale)
            intervals = {key: ms for key in sorted(self.stale) if (ms := self.stale[key]) is not None}
            data |= {"key_intervals": intervals} if intervals else {}
        return data


class Connectivity:
    """The devices of this process; times are ms of the hub's clock. What changes is given as events to tell.

    `expected_ms` says what interval people expect of a device, None for no one's.
    """

    def __init__(self, *, expected_ms: Callable[[str], float | None] = lambda _: None) -> None:
        self._expected_ms = expected_ms
        self._watched: dict[str, _Watched] = {}
        self._due: list[tuple[int, str]] = []

    def restore(self, device: str, data: Mapping[str, Any], now_ms: int) -> None:
        """Go on from what was told before: silence is counted from now. No state: nothing has been told."""
        watched = self._of(device, now_ms)
        if data.get("state") not in {"online", "offline", "stale"}:
            watched.state = None
            return
        watched.be(data["state"], str(data.get("by", "")), int(data.get("since", now_ms)))
        watched.told_ms = data.get("interval_ms")
        watched.stale = {key: data.get("key_intervals", {}).get(key) for key in data.get("keys", ())}
        self._arm(device, watched, now_ms)

    def restore_kinds(self, device: str, kinds: Mapping[str, Any], now_ms: int) -> None:
        """Know the kinds of a device's keys that were told before."""
        keys = self._of(device, now_ms).keys
        for key, kind in kinds.items():
            if key not in keys and len(keys) < MAX_KEYS:
                keys[key] = ReportingInterval(now_ms, str(kind))

    def status(self, device: str, state: str, now_ms: int) -> Told | None:
        """A will or a status says how the device is."""
        watched = self._of(device, now_ms)
        watched.rhythm.report(now_ms)
        self._arm(device, watched, now_ms)
        return self._told(device, watched) if watched.be(state, "status", now_ms) else None

    def hear(self, device: str, values: Mapping[str, Scalar], now_ms: int) -> tuple[Told | None, bool]:
        """Live values came: what there is to tell, and whether a key is new or of another kind than before."""
        watched = self._watched.get(device) or self._of(device, now_ms)
        # Written out, as it is done for every value: what belongs to a report that has begun changes nothing.
        begun_ms = now_ms - BURST_MS
        if watched.rhythm.last_ms <= begun_ms:
            watched.rhythm.report(now_ms)
        elif watched.heard == values.keys() and watched.state == "online" and not watched.stale:
            return None, False
        watched.heard = values.keys()
        news, keys = False, watched.keys
        for key, value in values.items():
            rhythm = keys.get(key)
            if rhythm is None or (rhythm.kind is not KINDS[value.__class__] and rhythm.kind is not MIXED):
                news = self.learn(device, key, value, now_ms) or news
            elif rhythm.last_ms <= begun_ms:
                rhythm.report(now_ms)
        if not watched.armed:
            self._arm(device, watched, now_ms)
        if watched.state != "online":
            watched.be("online", "values", now_ms)
            return self._told(device, watched), news
        if watched.stale and not watched.stale.keys().isdisjoint(values):
            watched.stale = {key: interval_ms for key, interval_ms in watched.stale.items() if key not in values}
            return self._told(device, watched), news
        return None, news

    def quiet_until_ms(self, device: str, keys: Iterable[str]) -> int:
        """Until when live values of these keys, which were heard just now, belong to a report that has begun."""
        watched = self._watched.get(device)
        if watched is None:
            return 0
        known = watched.keys
        begun_ms = [watched.rhythm.last_ms, *(known[key].last_ms for key in keys if key in known)]
        return min(begun_ms) + BURST_MS

    def learn(self, device: str, key: str, value: Scalar, now_ms: int) -> bool:
        """Keep the kind of a key's value; whether it was not known, or another."""
        keys = self._of(device, now_ms).keys
        rhythm, kind = keys.get(key), KINDS[value.__class__]
        if rhythm is None:
            if len(keys) < MAX_KEYS:
                keys[key] = ReportingInterval(now_ms, kind)
            return key in keys
        rhythm.report(now_ms)
        before, rhythm.kind = rhythm.kind, kind if rhythm.kind in {"", kind} else MIXED
        return rhythm.kind != before

    def expect(self, device: str, now_ms: int) -> None:
        """People have changed what interval they expect of a device."""
        watched = self._watched.get(device)
        if watched is not None:
            watched.expected_ms = self._expected_ms(device)
            # Anew, also where it is armed for later: what is armed twice is looked at once.
            self._push(device, watched, now_ms + MIN_SILENCE_MS)

    def forget(self, device: str) -> None:
        """Know nothing of a device any more."""
        self._watched.pop(device, None)

    def kinds(self, device: str) -> dict[str, str]:
        """The kinds of a device's keys: number, boolean, string."""
        watched = self._watched.get(device)
        return {} if watched is None else {key: rhythm.kind for key, rhythm in watched.keys.items()}

    def now(self, device: str) -> Told | None:
        """What is true of a device now, as an event; None where nothing is."""
        watched = self._watched.get(device)
        return None if watched is None or watched.state is None else self._told(device, watched)

    def take_due(self, now_ms: int) -> list[Told]:
        """What time alone has changed since it was asked last: one event for each such device."""
        told = []
        while self._due and self._due[0][0] <= now_ms:
            _, device = heappop(self._due)
            watched = self._watched.get(device)
            if watched is not None and watched.armed:
                watched.armed = False
                if self._look(device, watched, now_ms):
                    told.append(self._told(device, watched))
        return told

    def _look(self, device: str, watched: _Watched, now_ms: int) -> bool:
        """Whether something of a device is to be told; arms it for when that may be so again."""
        if watched.state != "online":
            return False
        due_ms = watched.due_ms()
        if due_ms is not None and due_ms <= now_ms:
            return watched.be("stale", "silence", now_ms)
        coming = [] if due_ms is None else [due_ms]
        changed = self._retell(watched)
        for key, rhythm in watched.keys.items():
            due_ms = None if key in watched.stale else rhythm.due_ms()
            if due_ms is not None and due_ms <= now_ms:
                watched.stale[key] = rhythm.interval_ms
                changed = True
            elif due_ms is not None:
                coming.append(due_ms)
        if coming:
            self._push(device, watched, min(coming))
        return changed

    def _retell(self, watched: _Watched) -> bool:
        interval_ms, told_ms = watched.rhythm.interval_ms, watched.told_ms
        if interval_ms is None or (told_ms and told_ms / RETOLD <= interval_ms <= told_ms * RETOLD):
            return False
        watched.told_ms = interval_ms
        return True

    def _told(self, device: str, watched: _Watched) -> Told:
        return Told(PREFIX + device, watched.data())

    def _of(self, device: str, now_ms: int) -> _Watched:
        watched = self._watched.get(device)
        if watched is None:
            watched = self._watched[device] = _Watched(now_ms)
            watched.expected_ms = self._expected_ms(device)
        return watched

    def _arm(self, device: str, watched: _Watched, now_ms: int) -> None:
        if not watched.armed:
            self._push(device, watched, now_ms + MIN_SILENCE_MS)

    def _push(self, device: str, watched: _Watched, at_ms: int) -> None:
        watched.armed = True
        heappush(self._due, (at_ms, device))
