"""Where a replay begins in the archive, to the batch: what is written at once has one time there."""

from hub.events import NOWHERE, Position, decode_event
from hub.latest import EVERYTHING
from hub.replay_request import Point
from hub.store.archive_base import Archive, Archived, Moment

PAGE_EVENTS = 500
MAX_PAGES = 40
"""Read to find a time among what was written at once; it is less but where clocks were wrong."""


async def place_of(archive: Archive, asked: Point) -> Moment:
    """The last batch that had been recorded at a moment, and that moment; raises Unrecoverable or Unavailable."""
    moment = await archive.moment(asked)
    if isinstance(asked, Position):
        last = await archive.read(after=moment.place - 1, until=moment.place, filters=EVERYTHING, limit=1)
        return moment._replace(time=recorded_ms(last[0])) if last else moment
    found = moment._replace(time=asked)
    for _ in range(MAX_PAGES):
        page = await archive.read(after=found.place, filters=EVERYTHING, limit=PAGE_EVENTS)
        for one in page:
            if one.position != found.position and recorded_ms(one) > asked:
                return found
            found = Moment(one.place, one.position, asked)
        if len(page) < PAGE_EVENTS:
            break
    return found


def recorded_ms(one: Archived) -> int:
    """When the hub had an event: `time` may be the clock of a device, which can be wrong; then it has `received`."""
    received = decode_event(one.piece).get("received") if b'"received":' in one.piece else None
    return received if isinstance(received, int) else one.time


def of_one_batch(one: Archived, other: Archived) -> bool:
    """Whether two were one batch of the log; what older hubs recorded has no positions, but times."""
    return one.position == other.position and (one.position != NOWHERE or one.time == other.time)
