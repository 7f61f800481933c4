"""Everything as it was at a moment: `/api/state`."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from hub.api.answers import example
from hub.api.deps import Asking, Here
from hub.api.times import MAX_MOMENT_CHARS, parse_moment
from hub.auth import View, sees, view_of
from hub.errors import BAD_REQUEST, INVALID_FILTER, NOT_AVAILABLE, UNRECOVERABLE_POSITION
from hub.events import decode_event
from hub.refusals import refusals
from hub.store.archive_base import Archive
from hub.topics import MAX_TOPIC_BYTES, matches, validate_filter

MAX_FILTERS = 128

_EVENT = {"topic": "telemetry/kitchen", "time": 1_732_412_345_123, "data": {"temperature": 21.5}}


class StateEvent(BaseModel):
    """The newest event that a topic had then; telemetry has the newest value of each key."""

    model_config = example(**_EVENT)

    topic: str
    time: int
    received: int | None = None
    data: dict[str, Any]


class State(BaseModel):
    """As a snapshot frame; `position` is the last batch of that moment, `time` (ms) when it was recorded."""

    model_config = example(position="k3v9-1041", time=1_732_412_345_123, events=[_EVENT])

    position: str
    time: int
    events: list[StateEvent]


def router(archive: Archive) -> APIRouter:
    """The route over what was recorded."""
    routes = APIRouter(prefix="/state", tags=["history"])

    @routes.get(
        "",
        response_model=State,
        summary="Read how things were",
        responses=refusals(BAD_REQUEST, INVALID_FILTER, UNRECOVERABLE_POSITION, NOT_AVAILABLE),
    )
    async def read_state(
        here: Here,
        asking: Asking,
        at: Annotated[
            str | None,
            Query(
                max_length=MAX_MOMENT_CHARS,
                description="a position, or a time as of `/api/history`; without it: the last that was recorded",
                examples=["k3v9-1041"],
            ),
        ] = None,
        filters: Annotated[
            list[Annotated[str, Query(max_length=MAX_TOPIC_BYTES)]] | None,
            Query(alias="filter", max_length=MAX_FILTERS, description="of topics; may be repeated", examples=[["#"]]),
        ] = None,
    ) -> Response:
        """The newest event of each topic as it was then, as a subscription with a snapshot would have begun.

        Messages that no decoder claimed are those that were known at the last snapshot before.
        """
        wanted = [validate_filter(one) for one in filters or ["#"]]
        moment = await archive.moment(None if at is None else parse_moment(at))
        view = view_of(asking, wanted, here.node.chat.rooms.view(asking.user, wanted))
        pieces = await archive.state(moment.place)
        # In a thread: it looks at each topic that there was.
        seen = await asyncio.to_thread(_seen, pieces, wanted, view)
        head = orjson.dumps({"position": str(moment.position), "time": moment.time})[:-1]
        return Response(head + b',"events":[' + b",".join(seen) + b"]}", media_type="application/json")

    return routes


def _seen(pieces: Sequence[bytes], wanted: Collection[str], view: View | None) -> list[bytes]:
    topics = (str(decode_event(piece)["topic"]) for piece in pieces)
    return [
        piece
        for piece, topic in zip(pieces, topics, strict=True)
        if any(matches(one, topic) for one in wanted) and sees(view, topic)
    ]
