"""Finding events that are not telemetry: `/api/search`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from hub.api.answers import answer, example
from hub.api.deps import Asking, Here
from hub.api.since import Since, Until, moment_of
from hub.api.times import parse_time
from hub.auth import sees, view_of
from hub.errors import BAD_REQUEST, INVALID_FILTER, INVALID_POSITION, NOT_AVAILABLE, UNRECOVERABLE_POSITION, HubError
from hub.refusals import refusals
from hub.search_entry import MAX_QUERY_CHARS, name_of, words_of
from hub.store.search_base import EventSearch, FoundPage, Wanted
from hub.topics import MAX_TOPIC_BYTES, validate_filter

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
MAX_PLACE = 2**62

_EVENT = {
    "topic": "chat/ops",
    "time": 1_732_412_345_123,
    "data": {"text": "Pump 3 is back", "author": "anna", "id": "0m5"},
    "position": "k3v9-1041",
}


class FoundEvent(BaseModel):
    """An event as it was delivered, and the position on the log of the batch it came with."""

    model_config = example(**_EVENT)

    topic: str
    time: int
    received: int | None = None
    data: dict[str, Any]
    position: str


class FoundEvents(BaseModel):
    """Events, newest first, or with `since` oldest first.

    `older` and `newer` are what to give as `before` and `after` for what lies beyond.
    `older` is null where there is nothing; `newer` only where nothing was found, as more may always come.
    """

    model_config = example(events=[_EVENT], older="1041", newer="2093")

    events: list[FoundEvent]
    older: str | None
    newer: str | None


def router(search: EventSearch) -> APIRouter:
    """The route over a store that can search."""
    routes = APIRouter(prefix="/search", tags=["history"])

    @routes.get(
        "",
        response_model=FoundEvents,
        summary="Find events",
        responses=refusals(BAD_REQUEST, INVALID_FILTER, INVALID_POSITION, UNRECOVERABLE_POSITION, NOT_AVAILABLE),
    )
    async def find(  # noqa: PLR0913, PLR0917 - the parameters of the query are the interface
        here: Here,
        asking: Asking,
        topic_filter: Annotated[
            str, Query(alias="filter", max_length=MAX_TOPIC_BYTES, description="of topics", examples=["chat/+"])
        ] = "#",
        text: Annotated[
            str, Query(max_length=MAX_QUERY_CHARS, description="words that it has all of, or begins of them")
        ] = "",
        device: Annotated[str, Query(max_length=MAX_TOPIC_BYTES, description="that it is about")] = "",
        user: Annotated[str, Query(max_length=MAX_TOPIC_BYTES, description="who said or did it")] = "",
        start: Annotated[
            str | None, Query(alias="from", description="ms since the epoch, or ISO 8601 with a zone")
        ] = None,
        end: Annotated[str | None, Query(alias="to", description="likewise; events are before it")] = None,
        before: Annotated[int | None, Query(ge=-1, le=MAX_PLACE, description="`older` of another answer")] = None,
        after: Annotated[int | None, Query(ge=-1, le=MAX_PLACE, description="`newer` of another answer")] = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="events in one answer")] = DEFAULT_LIMIT,
    ) -> Response:
        """What was said in chats, commanded, changed or refused: everything but values and states.

        Newest first; with `after`, those that follow it. With `since`, what follows a position, oldest first: give
        `newer` as `after` for the next. An answer may have fewer events than `limit`, or none, though others lie
        beyond: `older` says so, and a `newer` that moves on. An event is found some two seconds after it came.
        """
        begin, end_ms = (None if moment is None else parse_time(moment) for moment in (start, end))
        if begin is not None and end_ms is not None and begin >= end_ms:
            raise HubError("from must be before to.", code=BAD_REQUEST)
        words = words_of(text)
        if text and not words:
            raise HubError("text has no letter and no digit to look for.", code=BAD_REQUEST)
        behind, last = [None if at is None else (await moment_of(here, at)).place for at in (since, until)]
        wanted = Wanted(
            validate_filter(topic_filter), words, name_of(device), name_of(user), begin, end_ms, behind, last
        )
        if behind is not None and before is None:
            after = behind if after is None else max(after, behind)
        page = await search.search(wanted, before=before, after=after, limit=limit)
        view = view_of(asking, [topic_filter], here.node.chat.rooms.view(asking.user, [topic_filter]))
        found = [one for one in page.events if sees(view, one.event["topic"])]
        events = [{**one.event, "position": one.position} for one in found]
        if behind is not None:
            events.reverse()
        return answer({"events": events, **_beyond(page, before=before, after=after)})

    return routes


def _beyond(page: FoundPage, *, before: int | None, after: int | None) -> dict[str, str | None]:
    newest = page.events[0].place if page.events else None
    if after is not None and before is None:
        oldest = page.events[-1].place if page.events else None
        return {"older": None if oldest is None else str(oldest), "newer": str(page.end)}
    return {"older": str(page.end) if page.more else None, "newer": None if newest is None else str(newest)}
