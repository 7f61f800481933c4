"""Selection: what of a batch an audience gets that asked for more than topics: by data, by keys, by rate; pure."""

from collections.abc import Collection, Iterable
from typing import Any

import orjson

from hub.conflation import Conflation, Taken
from hub.events import decode_event
from hub.interest import PLAIN, Interest, Options
from hub.predicate import Predicate
from hub.topics import matches

TELEMETRY = "telemetry/"


class Content:
    """One event of a batch, shared by all audiences: decoded at most once, judged by each predicate at most once."""

    __slots__ = ("_cuts", "_event", "_verdicts", "piece", "topic")

    def __init__(self, topic: str, piece: bytes) -> None:
        self.topic = topic
        self.piece = piece
        self._event: dict[str, Any] | None = None
        self._verdicts: dict[str, bool] = {}
        self._cuts: dict[frozenset[str], bytes | None] = {}

    @property
    def event(self) -> dict[str, Any]:
        """The event, decoded."""
        if self._event is None:
            self._event = decode_event(self.piece)
        return self._event

    def satisfies(self, predicate: Predicate) -> bool:
        """Whether the predicate holds for the event's data."""
        verdict = self._verdicts.get(predicate.canonical)
        if verdict is None:
            verdict = self._verdicts[predicate.canonical] = predicate.matches(self.event["data"])
        return verdict

    def cut(self, fields: frozenset[str]) -> bytes | None:
        """The event with these keys of its data only; None if it has none of them."""
        if fields not in self._cuts:
            self._cuts[fields] = self._cut(fields)
        return self._cuts[fields]

    def _cut(self, fields: frozenset[str]) -> bytes | None:
        data = self.event["data"]
        kept = {key: value for key, value in data.items() if key in fields}
        if len(kept) == len(data):
            return self.piece
        return orjson.dumps({**self.event, "data": kept}) if kept else None


class Selection:
    """What one set of interests wants of one topic; made once per topic, then asked at each event.

    An event goes once if any interest lets it through, with the keys that any of those wants, at the highest rate that
    any of those allows. `plain`: everything, as it is. `paced`: some interest limits the rate.
    """

    __slots__ = ("_options", "paced", "plain")

    def __init__(self, options: Collection[Options]) -> None:
        self.plain = PLAIN in options
        self._options = () if self.plain else tuple(sorted(options, key=_breadth))
        self.paced = any(each.max_rate is not None for each in self._options)

    @classmethod
    def of(cls, topic: str, options: Collection[Options]) -> "Selection":
        """The selection for a topic, of the options of all interests whose filters select it."""
        if topic.startswith(TELEMETRY):
            return cls(options)
        # Only telemetry has keys to choose from, and may be merged: what is no state must not be lost.
        return cls({Options(each.where) for each in options})

    def select(self, content: Content) -> bytes | None:
        """The event as it is to be sent, or None if no interest lets it through."""
        if self.plain:
            return content.piece
        wanted: frozenset[str] = frozenset()
        for each in self._options:
            if each.where is None or content.satisfies(each.where):
                if not each.fields:
                    return content.piece
                wanted |= each.fields
        return content.cut(wanted) if wanted else None

    def interval_ms(self, content: Content) -> float | None:
        """The time between events of the topic that an event which was selected obeys; None for no limit."""
        shortest = None
        for each in self._options:
            if each.where is None or content.satisfies(each.where):
                if each.max_rate is None:
                    return None
                shortest = each.interval_ms if shortest is None else min(shortest, each.interval_ms)
        return shortest


def _breadth(options: Options) -> tuple[bool, bool]:
    # Those first that end the search, and those before that need no look into the event.
    return bool(options.fields), options.where is not None


def picked(interests: Collection[Interest], events: Iterable[tuple[str, bytes]]) -> Taken:
    """What interests select of the past: encoded events with their topics, in order.

    Topics under `max_rate` come merged into one event each: all of what is past is due now.
    """
    selections: dict[str, Selection | None] = {}
    found: Conflation[None] = Conflation(limit_bytes=0)
    for topic, piece in events:
        if topic not in selections:
            options = {each.options for each in interests if matches(each.filter, topic)}
            selections[topic] = Selection.of(topic, options) if options else None
        selection = selections[topic]
        if selection is None:
            continue
        content = Content(topic, piece)
        wanted = selection.select(content)
        if wanted is not None:
            limited = selection.paced and selection.interval_ms(content) is not None
            found.add(wanted, now_ms=0, mark=None, interval_ms=0 if limited else None)
    return found.take(0)
