"""What a supervisor asks: alive, ready, and the metrics."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from hub.api.answers import example
from hub.readiness import Readiness


class Alive(BaseModel):
    """The process answers."""

    model_config = example(status="alive")

    status: str


class Ready(BaseModel):
    """Whether an event went through every hop, and in how many ms; else `reason` says where it was lost."""

    model_config = example(status="ready", reason="", took_ms=3.2)

    status: str
    reason: str
    took_ms: float


_NOT_READY = {"status": "not ready", "reason": "the broker does not answer", "took_ms": 2000.0}
_METRICS = "# HELP hub_sessions Sessions now.\n# TYPE hub_sessions gauge\nhub_sessions 3.0\n"


def router(*, check: Callable[[], Awaitable[Readiness]], metrics: Callable[[], bytes], content_type: str) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live", summary="Alive?")
    async def read_live() -> Alive:
        """The process answers; nothing else is asked."""
        return Alive(status="alive")

    @routes.get(
        "/health/ready",
        response_model=Ready,
        summary="Ready?",
        responses={
            503: {
                "model": Ready,
                "description": "Not ready.",
                "content": {"application/json": {"example": _NOT_READY}},
            }
        },
    )
    async def read_ready() -> JSONResponse:
        """Send an event through every hop of this process and wait for it; 503 where it does not come back."""
        found = await check()
        status = {"status": "ready" if found.ready else "not ready", "reason": found.reason, "took_ms": found.took_ms}
        return JSONResponse(status, status_code=200 if found.ready else 503)

    @routes.get(
        "/metrics",
        response_class=PlainTextResponse,
        summary="Prometheus metrics",
        responses={200: {"content": {"text/plain": {"example": _METRICS}}}},
    )
    async def read_metrics() -> Response:
        """What docs/metrics.md lists, as Prometheus reads it."""
        return Response(metrics(), media_type=content_type)

    return routes
