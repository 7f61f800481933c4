"""Whose history is to go: what batches say of devices that were forgotten with it."""

from collections.abc import Iterator, Sequence

from hub import registry
from hub.events import Batch
from hub.latest import OF_DEVICES
from hub.registry import record_of

_RECORD = f'{{"topic":"{registry.PREFIX}'.encode()


def erasures(batches: Sequence[Batch], places: int) -> Iterator[tuple[int, list[str]]]:
    """Places, and the topics whose events of before are to go; the first event of all has the place `places`."""
    for batch in batches:
        if _RECORD in batch.body:
            for place, (topic, piece) in enumerate(zip(batch.topics, batch.pieces(), strict=True), places):
                if topic.startswith(registry.PREFIX) and record_of(piece).erased:
                    device = topic.removeprefix(registry.PREFIX)
                    yield place, [f"{root}/{device}" for root in OF_DEVICES]
        places += len(batch.topics)
