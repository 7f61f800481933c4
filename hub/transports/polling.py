"""The edge `/api/events`: events for who can only ask, and publishing for who has no connection (docs/protocol.md)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from hub.auth import Identity
from hub.errors import CLOSE_EXPIRED, TOKEN_EXPIRED, Unauthorized
from hub.node import Node
from hub.protocol import MAX_FILTERS, Subscribe
from hub.topics import validate_topic
from hub.transports.mailbox import Mailbox
from hub.transports.query import subscription
from hub.transports.uvicorn_http import of_scope

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
MAX_WAIT_S = 60


class Event(BaseModel):
    """One event; times in ms since the epoch, `received` where `time` is the device's own clock."""

    topic: str
    time: int
    data: dict[str, Any]
    received: int | None = None


class Events(BaseModel):
    """Events in the order of the log; `position` is what to give as `since` for what comes next.

    `recovered` is there when `since` was given, `snapshot` where the events are the latest of each topic.
    """

    position: str
    events: list[Event]
    recovered: bool | None = None
    snapshot: bool | None = None


class Publication(BaseModel):
    """An event to be published; the hub sets its time and, in chat, its author."""

    topic: str
    data: dict[str, Any]


class Published(BaseModel):
    """Where on the log it is."""

    position: str


def router(node: Node, *, identity: Callable[..., Awaitable[Identity]]) -> APIRouter:
    """The routes of `/events` below the API's prefix; `identity` is the API's dependency that says who asks."""
    routes = APIRouter(tags=["events"])
    asking = Depends(identity)

    @routes.get("/events", response_model=Events)
    async def read_events(
        request: Request,
        *,
        filters: Annotated[list[str], Query(alias="filter", min_length=1, max_length=MAX_FILTERS)],
        who: Annotated[Identity, asking],
        since: Annotated[str, Query(description="`position` of the answer before; without: from now on")] = "",
        snapshot: Annotated[bool, Query(description="the latest events first, where there is no `since`")] = False,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="and the rest of one batch")] = DEFAULT_LIMIT,
        wait: Annotated[int, Query(ge=0, le=MAX_WAIT_S, description="seconds, until there is an event")] = 0,
    ) -> Response:
        """Events since a position, at once or as soon as there are any; once more with the new position for more."""
        frame = subscription(filters, since=since, snapshot=snapshot, limit=limit)
        mailbox = Mailbox()
        of_scope(request.scope).on_lost = mailbox.filled.set
        await _collect(node, who, frame, mailbox, wait_s=0 if frame.since is None else wait)
        return Response(mailbox.answer(), media_type="application/json")

    @routes.post("/events")
    async def publish_event(publication: Publication, who: Annotated[Identity, asking]) -> Published:
        """Publish one event, as the verb `publish` does."""
        position = await node.publish(who, validate_topic(publication.topic), publication.data)
        return Published(position=str(position))

    return routes


async def _collect(node: Node, who: Identity, frame: Subscribe, mailbox: Mailbox, *, wait_s: int) -> None:
    session = node.open(who, mailbox)
    try:
        await node.subscribe(session, frame)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await mailbox.filled.wait()
    finally:
        node.close(session)
    if mailbox.closed is CLOSE_EXPIRED:
        raise Unauthorized(code=TOKEN_EXPIRED)
