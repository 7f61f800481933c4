"""The lines of an incident file: a manifest, what it holds, and an end, so that a missing part is noticed; pure.

A line is an object. The first has `hubz`, the number of the format. `{"settings":{…}}` are those without secrets.
`{"position":"e-7","event":{…}}` is an event, in the order of the log, its bytes as they were recorded; with `raw`
instead, a message that nothing understood, as the log has it. `{"latest":{…}}` is what a snapshot has of a topic.
`user`, `key` and `floor` say who may sign in; only the file of a whole instance has them. The last line has how many
lines of each kind there were, a digest of the events and one of all lines above.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import orjson

from hub.errors import INVALID_DATA, HubError, InvalidPosition, InvalidTopic
from hub.events import Position
from hub.topics import validate_topic

FORMAT = 1
INCIDENT, INSTANCE = "incident", "instance"
WITH_POSITION = ("event", "raw")
RECORDS = ("settings", "user", "key", "floor")
MAX_EPOCHS = 10_000
"""Lives of a log that one file may speak of."""

MAX_TIME = 2**53

_PLACED = re.compile(rb'\{"position":"([0-9A-Za-z]{1,32}-[0-9]{1,19})","(event|raw)":(\{.*\})\}', re.DOTALL)
_LATEST = re.compile(rb'\{"latest":(\{.*\})\}', re.DOTALL)


class InvalidIncident(HubError):
    """A file that is no incident file, or not a whole one; the sentence says where."""

    code = INVALID_DATA


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file is: of which kind, made when (ms) by which hub, and what was asked for."""

    kind: str
    hub: str
    made: int
    start: str = ""
    end: str = ""
    filters: tuple[str, ...] = ("#",)


class Placed(NamedTuple):
    """An event (`kind` "event" or "raw") with the position of its batch; `piece` is its JSON as it was recorded."""

    kind: str
    position: Position
    topic: str
    time: int
    piece: bytes


class Record(NamedTuple):
    """Anything else a line has: `value` is decoded, of "latest" it is the event's JSON as it is."""

    kind: str
    value: Any


Line = Manifest | Placed | Record


class Tally:
    """How many lines of each kind there were, and the digests of them and of the events."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._all = hashlib.sha256()
        self._events = hashlib.sha256()

    def line(self, line: bytes) -> None:
        """Count in a line."""
        self._all.update(line + b"\n")

    def event(self, position: Position, piece: bytes) -> None:
        """Count in an event."""
        self._events.update(b"%b %b\n" % (str(position).encode(), piece))

    @property
    def events(self) -> str:
        """The digest of the events alone: what two stores that hold the same agree on."""
        return self._events.hexdigest()

    def end(self) -> bytes:
        """The last line."""
        end = {"counts": dict(self.counts), "events": self.events, "sha256": self._all.hexdigest()}
        return orjson.dumps(end, option=orjson.OPT_SORT_KEYS)


class Writer:
    """Makes the lines of a file, each without its line feed: the manifest, then the others, at last the end."""

    def __init__(self) -> None:
        self.tally = Tally()

    def manifest(self, manifest: Manifest) -> bytes:
        """The first line."""
        told = {
            "hubz": FORMAT,
            "kind": manifest.kind,
            "hub": manifest.hub,
            "made": manifest.made,
            "from": manifest.start,
            "to": manifest.end,
            "filters": list(manifest.filters),
        }
        return self._line(orjson.dumps(told))

    def placed(self, position: Position, piece: bytes, *, kind: str = "event") -> bytes:
        """The line of an event."""
        if kind == "event":
            self.tally.event(position, piece)
        self.tally.counts[kind] += 1
        return self._line(b'{"position":"%b","%b":%b}' % (str(position).encode(), kind.encode(), piece))

    def latest(self, piece: bytes) -> bytes:
        """The line of what a snapshot has."""
        self.tally.counts["latest"] += 1
        return self._line(b'{"latest":%b}' % piece)

    def record(self, kind: str, value: Any) -> bytes:
        """The line of anything else; `kind` is one of RECORDS."""
        self.tally.counts[kind] += 1
        return self._line(orjson.dumps({kind: value}))

    def end(self) -> bytes:
        """The last line."""
        return self.tally.end()

    def _line(self, line: bytes) -> bytes:
        self.tally.line(line)
        return line


class Reader:
    """Understands lines, given one after the other without their line feed; `finish` says whether that was all.

    Nothing of a file counts before `finish` has returned. All methods raise InvalidIncident.
    """

    def __init__(self) -> None:
        self.tally = Tally()
        self._number = 0
        self._ended = False
        self._ends: dict[str, int] = {}
        self._last: Position | None = None

    def feed(self, line: bytes) -> Line | None:
        """What a line says; None: it is the last one, and what was counted is right."""
        self._number += 1
        if self._ended:
            raise self._unfit("stands behind the end")
        try:
            found: Line | None = self._manifest(line) if self._number == 1 else self._other(line)
        except (InvalidTopic, InvalidPosition) as error:
            raise self._unfit(f"can't be taken: {error}") from None
        if found is None:
            self._ended = True
        else:
            self.tally.line(line)
        return found

    def finish(self) -> None:
        """That was all."""
        if not self._ended:
            raise InvalidIncident(f"The file ends after line {self._number}, before its end: a part is missing.")

    def _manifest(self, line: bytes) -> Manifest:
        told = _object(line)
        if told is None or not isinstance(told.get("hubz"), int):
            raise InvalidIncident("This is no incident file: it does not begin with a manifest.")
        if told["hubz"] != FORMAT:
            sentence = f"The file has format {told['hubz']}, this hub reads {FORMAT}: take a newer hub."
            raise InvalidIncident(sentence)
        texts = [told.get(name) for name in ("kind", "hub", "from", "to")]
        filters = told.get("filters")
        fit = isinstance(filters, list) and all(isinstance(text, str) for text in (*texts, *filters))
        if not fit or texts[0] not in {INCIDENT, INSTANCE} or not isinstance(told.get("made"), int):
            raise InvalidIncident("The manifest of the file can't be understood.")
        kind, hub, start, end = cast("list[str]", texts)
        return Manifest(kind, hub, told["made"], start, end, tuple(cast("list[str]", filters)))

    def _other(self, line: bytes) -> Line | None:
        placed = _PLACED.fullmatch(line)
        if placed is not None:
            return self._placed(Position.parse(placed[1].decode()), placed[2].decode(), placed[3])
        latest = _LATEST.fullmatch(line)
        if latest is not None:
            self._event(latest[1])
            self.tally.counts["latest"] += 1
            return Record("latest", latest[1])
        told = _object(line)
        if told is not None and "sha256" in told:
            if line != self.tally.end():
                raise InvalidIncident("The file was changed: its lines are not those that were counted at its end.")
            return None
        kind = next(iter(told), "") if told is not None and len(told) == 1 else ""
        if told is None or kind not in RECORDS or not isinstance(told[kind], dict):
            raise self._unfit("can't be understood")
        self.tally.counts[kind] += 1
        return Record(kind, told[kind])

    def _placed(self, position: Position, kind: str, piece: bytes) -> Placed:
        topic, time = self._event(piece)
        if kind == "event":
            self._order(position)
            self.tally.event(position, piece)
        self.tally.counts[kind] += 1
        return Placed(kind, position, topic, time, piece)

    def _order(self, position: Position) -> None:
        # A store passes over what is not behind what it has, so that an order other than the log's would lose events.
        last = self._ends.get(position.epoch, -1)
        moved = self._last is not None and self._last.epoch != position.epoch
        if position.offset < last or (last >= 0 and moved):
            raise self._unfit(f"is out of order: {position} after {self._last}")
        if len(self._ends) >= MAX_EPOCHS and last < 0:
            raise self._unfit(f"begins more than {MAX_EPOCHS} lives of a log")
        self._ends[position.epoch], self._last = position.offset, position

    def _event(self, piece: bytes) -> tuple[str, int]:
        event = _object(piece) or {}
        topic, time = event.get("topic"), event.get("time")
        if not isinstance(topic, str) or not isinstance(event.get("data"), dict):
            raise self._unfit("has no event")
        if not isinstance(time, int) or not -MAX_TIME <= time <= MAX_TIME:
            raise self._unfit("has no time")
        return validate_topic(topic), time

    def _unfit(self, reason: str) -> InvalidIncident:
        return InvalidIncident(f"Line {self._number} of the file {reason}.")


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
