"""The edge `/api/events`: events for who can only ask, and publishing for who has no connection (docs/protocol.md)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from hub.auth import Identity
from hub.errors import (
    CLOSE_EXPIRED,
    CONFLICT,
    INVALID_DATA,
    INVALID_FILTER,
    INVALID_POSITION,
    INVALID_PREDICATE,
    INVALID_TOPIC,
    LIMIT_EXCEEDED,
    NOT_FOUND,
    PERMISSION_DENIED,
    ROOM_ARCHIVED,
    TOKEN_EXPIRED,
    TOO_MANY_REQUESTS,
    Unauthorized,
)
from hub.node import Node
from hub.protocol import MAX_FILTERS, Subscribe
from hub.refusals import refusals
from hub.session import Session
from hub.topics import validate_topic
from hub.transports.forwarded import address_of
from hub.transports.mailbox import Mailbox
from hub.transports.query import options, subscription
from hub.transports.uvicorn_http import of_scope

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
MAX_WAIT_S = 60


_EVENT = {"topic": "telemetry/kitchen", "time": 1_732_412_345_123, "data": {"temperature": 21.5}}


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class Event(BaseModel):
    """One event; times in ms since the epoch, `received` where `time` is the device's own clock."""

    model_config = _example(**_EVENT)

    topic: str
    time: int
    data: dict[str, Any]
    received: int | None = None
    conflated: dict[str, Any] | None = None


class Events(BaseModel):
    """Events in the order of the log; `position` is what to give as `since` for what comes next.

    `recovered` is there when `since` was given, `snapshot` where the events are the latest of each topic.
    """

    model_config = _example(position="k3v9-1042", recovered=True, events=[_EVENT])

    position: str
    events: list[Event]
    recovered: bool | None = None
    snapshot: bool | None = None


class Member(BaseModel):
    """A user on a topic: in how many tabs or programs, and since when (ms since the epoch)."""

    user: str
    sessions: int
    since: int


class Present(BaseModel):
    """Who is on a topic: how many users, and those who have been there for longest."""

    model_config = _example(total=1, members=[{"user": "anna", "sessions": 2, "since": 1_732_412_345_123}])

    total: int
    members: list[Member]


class Publication(BaseModel):
    """An event to be published; the hub sets its time and, in chat, its author."""

    model_config = _example(topic="chat/ops", data={"text": "hello"})

    topic: str
    data: dict[str, Any]


class Published(BaseModel):
    """Where on the log it is."""

    model_config = _example(position="k3v9-1042")

    position: str


def _asked(
    *,
    filters: Annotated[
        list[str],
        Query(
            alias="filter",
            min_length=1,
            max_length=MAX_FILTERS,
            description="a topic filter; may be repeated",
            examples=[["telemetry/+"]],
        ),
    ],
    since: Annotated[str, Query(description="`position` of the answer before; without: from now on")] = "",
    snapshot: Annotated[bool, Query(description="the latest events first, where there is no `since`")] = False,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="and the rest of one batch")] = DEFAULT_LIMIT,
    where: Annotated[str, Query(description="only events whose data satisfy this condition (JSON)")] = "",
    fields: Annotated[list[str] | None, Query(description="of telemetry only these keys")] = None,
    max_rate: Annotated[str, Query(description="of telemetry at most so many events per second and topic")] = "",
) -> Subscribe:
    asked = options(where=where, fields=fields or [], max_rate=max_rate)
    return subscription(filters, since=since, snapshot=snapshot, limit=limit, asked=asked)


def router(node: Node, *, identity: Callable[..., Awaitable[Identity]]) -> APIRouter:
    """The routes of `/events` below the API's prefix; `identity` is the API's dependency that says who asks."""
    routes = APIRouter(tags=["events"])
    asking = Depends(identity)

    @routes.get(
        "/events",
        response_model=Events,
        summary="Read events, or wait for them",
        responses=refusals(INVALID_FILTER, INVALID_POSITION, INVALID_PREDICATE, PERMISSION_DENIED, TOO_MANY_REQUESTS),
    )
    async def read_events(
        request: Request,
        who: Annotated[Identity, asking],
        frame: Annotated[Subscribe, Depends(_asked)],
        wait: Annotated[int, Query(ge=0, le=MAX_WAIT_S, description="seconds, until there is an event")] = 0,
    ) -> Response:
        """Events since a position, at once or as soon as there are any; once more with the new position for more."""
        mailbox = Mailbox()
        of_scope(request.scope).on_lost = mailbox.filled.set
        session = node.open(who, mailbox, address=address_of(request.scope))
        await _collect(node, session, frame, mailbox, wait_s=0 if frame.since is None else wait)
        return Response(mailbox.answer(), media_type="application/json")

    @routes.get(
        "/presence",
        response_model=Present,
        summary="Who is on a topic",
        responses=refusals(INVALID_TOPIC, PERMISSION_DENIED),
    )
    async def read_presence(
        topic: Annotated[str, Query(description="no filter", examples=["chat/ops"])], who: Annotated[Identity, asking]
    ) -> dict[str, object]:
        """Who is on a topic now, as the verb `presence` tells it."""
        return await node.present(who, validate_topic(topic))

    @routes.post(
        "/events",
        summary="Publish an event",
        responses=refusals(
            INVALID_TOPIC, INVALID_DATA, NOT_FOUND, CONFLICT, ROOM_ARCHIVED, LIMIT_EXCEEDED, TOO_MANY_REQUESTS
        ),
    )
    async def publish_event(publication: Publication, request: Request, who: Annotated[Identity, asking]) -> Published:
        """Publish one event, as the verb `publish` does."""
        topic, address = validate_topic(publication.topic), address_of(request.scope)
        position = await node.publish(who, topic, publication.data, address=address)
        return Published(position=str(position))

    return routes


async def _collect(node: Node, session: Session, frame: Subscribe, mailbox: Mailbox, *, wait_s: int) -> None:
    try:
        await node.subscribe(session, frame)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await mailbox.filled.wait()
        # The answer's position proves what a rate would hold back until later.
        node.fanout.settle(session)
    finally:
        node.close(session)
    if mailbox.closed is CLOSE_EXPIRED:
        raise Unauthorized(code=TOKEN_EXPIRED)
