"""What a subscription asks beside topics: some events, some keys, so many a second; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypedDict, cast

from hub.client.conditions import Condition
from hub.client.frames import Event
from hub.interest import MAX_FIELDS, Options

TELEMETRY = "telemetry/"
"""Only these topics have keys to choose from."""


class NarrowingOptions(TypedDict, total=False):
    """What a subscription may ask beside topics.

    `where`: only events whose data satisfy the condition; of telemetry only the keys `fields`, and at most `max_rate`
    events per second and topic.
    """

    where: Condition | None
    fields: Iterable[str] | None
    max_rate: float | None


class Narrowing:
    """The options of one subscription.

    The hub sends an event once to a connection, with all that any of its subscriptions wants; so each looks again
    whether it wants it, and how much of it. `wire` is what the hub is asked for; equal where that is the same.
    Raises InvalidPredicate, InvalidFrame.
    """

    __slots__ = ("_fields", "_where", "wire")

    def __init__(
        self, *, where: Condition | None = None, fields: Iterable[str] | None = None, max_rate: float | None = None
    ) -> None:
        named = None if fields is None else list(fields)
        asked = Options.parse({"where": where, "fields": named, "max_rate": max_rate})
        self._where = asked.where
        self._fields = asked.fields
        # What the condition looks at has to come too, so that it can be judged here.
        needed = asked.fields | set(_keys(where)) if asked.fields and where is not None else asked.fields
        self.wire = Options(
            where=asked.where,
            fields=needed if len(needed) <= MAX_FIELDS else frozenset(),
            max_rate=asked.max_rate,
        )

    def select(self, events: Sequence[Event]) -> list[Event]:
        """Those that the subscription wants, and of each what it wants."""
        if self._where is None and not self._fields:
            return list(events)
        return [wanted for event in events if (wanted := self._pick(event)) is not None]

    def _pick(self, event: Event) -> Event | None:
        # Any of the events that are merged in one may have satisfied the condition.
        if self._where is not None and event.conflated is None and not self._where.matches(event.data):
            return None
        if not self._fields or not event.topic.startswith(TELEMETRY):
            return event
        kept = {key: value for key, value in event.data.items() if key in self._fields}
        return event._replace(data=kept) if kept else None


def _keys(condition: Condition) -> Iterator[str]:
    """The keys of data at its top level that a condition may look at."""
    tree = cast("Mapping[str, object]", condition)
    if "key" in tree:
        key = cast("str", tree["key"])
        yield from (key, key.partition(".")[0])
    for inner in tree.values():
        for each in inner if isinstance(inner, list | tuple) else [inner]:
            if isinstance(each, dict):
                yield from _keys(cast("Condition", each))


PLAIN = Narrowing()
"""Everything that a filter selects, as it is."""
