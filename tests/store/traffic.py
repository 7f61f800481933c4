"""What a hub of some devices, rooms and people says for hours, from a seed; its clock is its own."""

import random
from collections.abc import Callable, Iterator

from hub import chat, room
from hub.auth import Identity, Role
from hub.events import Batch, Position, encode_event
from hub.latest import OF_DEVICES
from hub.registry import NOTHING, Record, changed
from hub.twin import Twin

START_MS = 20_000 * 86_400_000
HOUR_MS = 3_600_000
KEYS = ("temperature", "humidity", "state", "on", "counter", "Ünïcode")
DEVICES = tuple(f"d{number}" for number in range(12))
ROOMS = ("ops", "night", "~secret")
USERS = ("anna", "иван", "kim")

Event = tuple[str, int, bytes]


class Traffic:
    """Makes batches, each a position further; `now_ms` is the time of the last."""

    def __init__(self, seed: int) -> None:
        self.now_ms = START_MS
        self._offset = 0
        self._dice = random.Random(seed)
        self._records: dict[str, Record] = {}
        self._twins: dict[str, Twin] = {}
        self._rooms: dict[str, room.Room] = {}
        self._said: list[tuple[str, str]] = []
        self._known: set[str] = set()
        self._kinds: tuple[tuple[float, Callable[[], Iterator[Event]]], ...] = (
            (60, self._telemetry),
            (5, self._connectivity),
            (4, self._registry),
            (0.2, self._forgotten),
            (5, self._twin),
            (2, self._room),
            (10, self._chat),
            (3, self._read),
            (5, self._command),
            (3, self._raw),
            (2, self._others),
        )

    def clock(self) -> float:
        """Its time in seconds."""
        return self.now_ms / 1000

    def batches(self, count: int) -> list[Batch]:
        """The next batches."""
        return [self._batch() for _ in range(count)]

    def _batch(self) -> Batch:
        self.now_ms += self._dice.randrange(20_000)
        weights, kinds = zip(*self._kinds, strict=True)
        chosen = self._dice.choices(kinds, weights, k=self._dice.randrange(1, 12))
        events = [event for kind in chosen for event in kind()]
        topics, times, pieces = zip(*events, strict=True)
        made = Batch.of(list(topics), list(times), list(pieces))
        self._offset += 1
        return Batch.decode(made.encode(), Position("e", self._offset))

    def _event(self, topic: str, data: dict[str, object], time: int | None = None, *, told: bool = False) -> Event:
        at = self.now_ms if time is None else time
        return topic, at, encode_event(topic, at, data, self.now_ms if told else None)

    def _device(self) -> str:
        return self._dice.choice(DEVICES)

    def _telemetry(self) -> Iterator[Event]:
        device = self._device()
        if device not in self._known:
            # It is described when it speaks for the first time, and when it does so again.
            self._known.add(device)
            yield self._event(f"device/{device}", {"name": device, "family": "plain", "units": {"temperature": "°C"}})
        late = self._dice.choice((0, 0, 0, 0, 1, 1_000, 90_000, HOUR_MS, 3 * HOUR_MS))
        if self._dice.random() < 0.01:
            # A clock that has never been set.
            late = 500 * 24 * HOUR_MS
        keys = KEYS if self._dice.random() < 0.5 else self._dice.sample(KEYS, self._dice.randrange(1, len(KEYS)))
        data = {key: self._value(key) for key in keys}
        yield self._event(f"telemetry/{device}", data, self.now_ms - late, told=self._dice.random() < 0.1)

    def _value(self, key: str) -> object:
        match key:
            case "state":
                return self._dice.choice(("idle", "busy", "Ω"))
            case "on":
                return self._dice.random() < 0.5
            case "counter":
                return self._dice.choice((2**63 - 1, self.now_ms, 0))
        return round(self._dice.uniform(-40, 90), self._dice.randrange(4))

    def _connectivity(self) -> Iterator[Event]:
        yield self._event(
            f"connectivity/{self._device()}", {"state": self._dice.choice(("online", "offline", "stale"))}
        )

    def _registry(self) -> Iterator[Event]:
        device = self._device()
        before = self._records.get(device, NOTHING)
        self._records[device] = changed(before, {"name": f"n{self.now_ms}", "tags": ["floor-1"]})
        yield self._event(f"registry/{device}", self._records[device].shown())
        if self._dice.random() < 0.3:
            # Made at once from the same state: the later one on the log is void.
            yield self._event(f"registry/{device}", changed(before, {"notes": "void"}).shown())

    def _forgotten(self) -> Iterator[Event]:
        device = self._device()
        version = self._records.get(device, NOTHING).version + 1
        record = Record(version, forgotten=self.now_ms, erased=self._dice.random() < 0.5)
        self._records[device] = record
        self._twins.pop(device, None)
        self._known.discard(device)
        yield self._event(f"registry/{device}", record.shown())
        # What it says in the millisecond in which it was forgotten would be forgotten with its next record.
        self.now_ms += 1

    def _twin(self) -> Iterator[Event]:
        device = self._device()
        before = self._twins.get(device, Twin())
        if self._dice.random() < 0.5:
            wanted = {self._dice.choice(KEYS[:2]): self._dice.randrange(30)}
            after = before.changed(wanted, by=self._dice.choice(USERS), now_ms=self.now_ms)
        else:
            after = before.reporting({"temperature": self._dice.randrange(30)}, now_ms=self.now_ms)
        if device in self._known:
            self._twins[device] = after
            yield self._event(f"twin/{device}", after.shown())
        yield self._event(f"connectivity/{device}", {"state": "online"})

    def _room(self) -> Iterator[Event]:
        name, anna = self._dice.choice(ROOMS), Identity("anna", Role.ADMIN, 2**40)
        after = room.changed(name, self._rooms.get(name), {"title": f"t{self.now_ms}"}, by=anna, now_ms=self.now_ms)
        self._rooms[name] = after
        yield self._event(f"room/{name}", after.shown())

    def _chat(self) -> Iterator[Event]:
        author = self._dice.choice(USERS)
        if self._said and self._dice.random() < 0.2:
            name, message = self._dice.choice(self._said)
            edit = chat.compose_edit(chat.Edit(message, f"better {self.now_ms}"), by=author, mentions=())
            deletion = chat.compose_deletion(chat.Deletion(message), by=author)
            yield self._event(f"chat/{name}", self._dice.choice((edit, deletion)))
            return
        name, message = self._dice.choice(ROOMS), f"{self.now_ms}-{self._dice.randrange(10**6)}"
        self._said.append((name, message))
        saying = chat.Saying(f"Tür {self._dice.randrange(99)} offen", None, None)
        yield self._event(
            f"chat/{name}", chat.compose_message(saying, author=author, message_id=message, mentions=["kim"])
        )

    def _read(self) -> Iterator[Event]:
        yield self._event(f"$read/{self._dice.choice(USERS)}/ops", {"id": f"{self.now_ms}-1"})

    def _command(self) -> Iterator[Event]:
        topic = f"command/{self._device()}/{self.now_ms}{self._dice.randrange(10**6)}"
        for state in ("sending", "sent", "answered"):
            yield self._event(topic, {"state": state, "by": self._dice.choice(USERS), "values": {"on": True}})

    def _raw(self) -> Iterator[Event]:
        yield self._event(f"raw/some/{self._dice.randrange(20)}", {"payload": self._dice.randrange(99)})

    def _others(self) -> Iterator[Event]:
        device = self._device()
        yield self._dice.choice(
            (
                self._event("mapping/air", {"filter": "gh/+/air", "version": self.now_ms}),
                self._event("system/audit", {"user": self._dice.choice(USERS), "action": "key added"}),
                self._event(f"$quarantine/{device}", {"family": "plain", "messages": 3}),
                self._event(f"alarm/{device}/hot", {"state": self._dice.choice(("raised", "cleared"))}),
            )
        )


assert {"telemetry", "connectivity", "device", "twin", "$quarantine"} == {*OF_DEVICES}
