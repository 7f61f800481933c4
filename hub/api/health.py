"""What a supervisor asks: alive, ready, and the metrics."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from hub.readiness import Readiness


def router(*, check: Callable[[], Awaitable[Readiness]], metrics: Callable[[], bytes], content_type: str) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live", summary="The process answers")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/health/ready", summary="An event goes through every hop of this process and comes back")
    async def ready() -> JSONResponse:
        found = await check()
        status = {"status": "ready" if found.ready else "not ready", "reason": found.reason, "took_ms": found.took_ms}
        return JSONResponse(status, status_code=200 if found.ready else 503)

    @routes.get("/metrics", summary="Prometheus metrics")
    async def read_metrics() -> Response:
        return Response(metrics(), media_type=content_type)

    return routes
