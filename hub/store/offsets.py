"""Which batches a store has not: everything is written once, however often the log gives it."""

from collections.abc import Mapping, Sequence

from hub.events import Batch
from hub.store.pages import is_telemetry

MAX_EPOCHS = 16
"""Earlier epochs whose end is remembered, so that a batch of theirs that comes again is known."""


def pass_over(ends: Mapping[str, int], batches: Sequence[Batch]) -> tuple[list[Batch], dict[str, int]]:
    """The batches behind the end of their epoch, and the ends that move with them.

    Raises ValueError for a batch that is not on the log.
    """
    known = dict(ends)
    moved: dict[str, int] = {}
    new = []
    for batch in batches:
        if batch.position is None:
            raise ValueError("Only a batch that is on the log can be stored: it has no position.")
        epoch, offset = batch.position.epoch, batch.position.offset
        if offset > known.get(epoch, -1):
            known[epoch] = moved[epoch] = offset
            new.append(batch)
    return new, moved


def without_telemetry(batch: Batch) -> Batch:
    """The batch with all but the values of devices."""
    kept = [number for number, topic in enumerate(batch.topics) if not is_telemetry(topic)]
    if len(kept) == len(batch.topics):
        return batch
    pieces = batch.pieces()
    rest = Batch.of(
        [batch.topics[number] for number in kept],
        [batch.times[number] for number in kept],
        [pieces[number] for number in kept],
    )
    rest.position = batch.position
    return rest
