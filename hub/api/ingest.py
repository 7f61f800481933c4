"""For devices without MQTT: `POST /api/ingest/{device}`."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel

from hub.api.answers import example
from hub.api.deps import Asking
from hub.api.gate import MAX_INGEST_BYTES
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    INVALID_TOPIC,
    NOT_FOUND,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNSUPPORTED_MEDIA,
    HubError,
)
from hub.events import Packet
from hub.inflate import inflate
from hub.refusals import refusals
from hub.repeats import packet_of
from hub.submission_forms import form_of
from hub.submissions import Submissions

MAX_INFLATED_BYTES = 4 * 1024 * 1024

_POSITION = "3fK9-1042"
_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"anyOf": [{"type": "object"}, {"type": "array"}]},
            "examples": {
                "one": {"summary": "One reading", "value": {"temperature": 21.5, "humidity": 40}},
                "many": {
                    "summary": "Many, each with its time",
                    "value": [
                        {"time": 1_732_412_345_123, "temperature": 21.5},
                        {"time": 1_732_412_346_123, "temperature": 21.6},
                    ],
                },
            },
        },
        "application/senml+json": {
            "schema": {"type": "array", "items": {"type": "object"}},
            "example": [{"n": "temperature", "u": "Cel", "v": 21.5}],
        },
        "text/plain": {"schema": {"type": "string"}, "example": "room temperature=21.5 1732412345123000000"},
        "text/csv": {"schema": {"type": "string"}, "example": "time,temperature\n2024-11-24T01:39:05Z,21.5\n"},
        "application/x-ndjson": {"schema": {"type": "string"}, "example": '{"temperature":21.5}\n'},
        "application/cbor": {"schema": {"type": "string", "format": "binary"}, "example": "\u00a1atv"},
    },
}


class Taken(BaseModel):
    """A request that is on the log at `position`, with so many events; `repeated`: it was there before."""

    model_config = example(position=_POSITION, events=1, repeated=False)

    position: str
    events: int
    repeated: bool


def router(submissions: Submissions) -> APIRouter:
    """`/api/ingest`."""
    routes = APIRouter(prefix="/ingest", tags=["ingest"], max_body_size=MAX_INGEST_BYTES)

    @routes.post(
        "/{device}",
        status_code=202,
        summary="Send what a device measured",
        openapi_extra={"requestBody": _BODY},
        responses=refusals(
            CONFLICT,
            INVALID_DATA,
            INVALID_TOPIC,
            NOT_FOUND,
            TOO_LARGE,
            TOO_MANY_REQUESTS,
            UNSUPPORTED_MEDIA,
        ),
    )
    async def submit_readings(
        device: Annotated[str, Path(description="The device's id.", examples=["kitchen"])],
        request: Request,
        asking: Asking,
        *,
        content_type: Annotated[str, Header(description="What the body is; JSON where it is not said.")] = "",
        content_encoding: Annotated[str, Header(description="`gzip` or `deflate`, where it is that.")] = "",
        idempotency_key: Annotated[
            str | None, Header(description="The same in each try to send the same.", examples=["a3f1"])
        ] = None,
    ) -> Taken:
        """What a device measured: one reading or many, answered when the log has all of it.

        The key, or token, must be allowed to publish on `telemetry/<device>`. 409 where the Idempotency-Key was used
        with another body.
        """
        form = form_of(content_type)
        sent = await request.body()
        submissions.check(asking, device, size_bytes=len(sent))
        body = inflate(sent, content_encoding, max_bytes=MAX_INFLATED_BYTES)
        packet: Packet | None = None
        if idempotency_key is not None:
            packet = packet_of(idempotency_key, body, user=asking.user, device=device)
        if not body:
            raise HubError("The body is empty.", code=INVALID_DATA)
        taken = await submissions.submit(asking, device, body, form=form, packet=packet)
        return Taken(position=str(taken.position), events=taken.readings, repeated=taken.repeated)

    return routes
