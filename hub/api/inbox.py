"""What the hub did not understand, by topic shape: `/api/inbox`, for operators."""

import asyncio
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from hub.api import mappings
from hub.api.answers import example
from hub.api.mappings import MappingEntry, MappingRecord, Operator
from hub.audit import Audit
from hub.errors import PERMISSION_DENIED
from hub.inbox import MAX_SAMPLES, Entry, Sample
from hub.inbox_desk import InboxDesk
from hub.inbox_proposal import propose
from hub.mapping import TopicMapping
from hub.refusals import refusals
from hub.topic_shape import MAX_SHAPES

DEFAULT_SAMPLES = 5

_SAMPLE = {
    "topic": "gh/3/air",
    "time": 1_732_412_345_123,
    "payload": "t=21.5;h=40",
    "bytes": 11,
    "refusal": "unclaimed",
    "reason": "no decoder claims this topic",
}
_PROPOSAL = {
    "name": "gh-air",
    "filter": "gh/+/air",
    "device": "{2}",
    "format": "pairs",
    "values": [{"key": "t", "path": "/t", "text": False}, {"key": "h", "path": "/h", "text": False}],
    "ignore": False,
}
_ENTRY = {
    "shape": "gh/+/air",
    "count": 7,
    "refusals": {"unclaimed": 7},
    "families": {},
    "reason": "no decoder claims this topic",
    "first": 1_732_412_045_123,
    "last": 1_732_412_345_123,
    "samples": [_SAMPLE],
    "proposal": _PROPOSAL,
}


class InboxSample(BaseModel):
    """A message as it was kept: the beginning of its payload, as text, and the size of all of it."""

    topic: str
    time: int
    payload: str
    bytes: int
    refusal: str
    reason: str

    @classmethod
    def of(cls, sample: Sample) -> Self:
        """The answer's form of a sample."""
        return cls(
            topic=sample.topic,
            time=sample.time_ms,
            payload=sample.text,
            bytes=sample.size_bytes,
            refusal=sample.refusal,
            reason=sample.reason,
        )


class Proposal(MappingRecord):
    """The mapping that the hub would store, by what the samples have; its name may be another."""

    model_config = example(**_PROPOSAL)

    name: str

    @classmethod
    def of(cls, mapping: TopicMapping) -> Self:
        """The answer's form of a mapping."""
        entry = MappingEntry.of(mapping, "log").model_dump(exclude={"origin"})
        return cls(**entry)


class InboxEntry(BaseModel):
    """A topic shape: why its messages were refused, how often, by which families' decoders, and the newest.

    `shape` is "" for topics that the hub can't carry. Times in ms since the epoch.
    """

    shape: str
    count: int
    refusals: dict[str, int]
    families: dict[str, int]
    reason: str
    first: int
    last: int
    samples: list[InboxSample]
    proposal: Proposal | None

    @classmethod
    def of(cls, entry: Entry, *, samples: int) -> Self:
        """The answer's form of an entry, with its newest samples."""
        newest = list(entry.samples)[::-1][:samples]
        proposed = propose(entry)
        return cls(
            shape=entry.shape,
            count=entry.count,
            refusals=entry.refusals,
            families=entry.families,
            reason=entry.reason,
            first=entry.first_ms,
            last=entry.last_ms,
            samples=[InboxSample.of(sample) for sample in newest],
            proposal=None if proposed is None else Proposal.of(proposed),
        )


class InboxList(BaseModel):
    """The shapes, that of the newest message first; what went because the inbox was full, or too much came."""

    model_config = example(shapes=[_ENTRY], evicted=0, skipped=0)

    shapes: list[InboxEntry]
    evicted: int
    skipped: int


def router(desk: InboxDesk, audit: Audit) -> APIRouter:
    """`/api/inbox` and `/api/mappings`."""
    routes = APIRouter()
    inbox = APIRouter(prefix="/inbox", tags=["inbox"])

    @inbox.get("", summary="List what was not understood", responses=refusals(PERMISSION_DENIED))
    async def read_inbox(
        _: Operator,
        *,
        limit: Annotated[int, Query(ge=1, le=MAX_SHAPES, description="shapes in the answer")] = MAX_SHAPES,
        samples: Annotated[int, Query(ge=0, le=MAX_SAMPLES, description="messages of each")] = DEFAULT_SAMPLES,
    ) -> InboxList:
        """What no decoder understood, by topic shape, with what the hub would make of it.

        A proposal is stored with `PUT /api/mappings/{name}`; to have a shape ignored, store one with `ignore`.
        """
        entries = [entry.copy() for entry in list(desk.inbox)[:limit]]
        # Guessing takes a millisecond for each shape: in a thread, so that live events do not wait for it.
        return InboxList(
            shapes=await asyncio.to_thread(lambda: [InboxEntry.of(entry, samples=samples) for entry in entries]),
            evicted=desk.inbox.evicted,
            skipped=desk.skipped,
        )

    routes.include_router(inbox)
    routes.include_router(mappings.router(desk, audit))
    return routes
