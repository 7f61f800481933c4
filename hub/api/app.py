"""The HTTP application: every router, one shape of error, security headers."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute

from hub.api import (
    contracts,
    dashboard,
    device_changes,
    devices,
    health,
    history,
    keys,
    oidc,
    rooms,
    sign_in,
    status,
    tickets,
    users,
)
from hub.api.answers import ErrorAnswer, refuse, refuse_gone, refuse_http, refuse_invalid, refuse_unexpected
from hub.api.deps import Context
from hub.api.gate import MAX_BODY_BYTES, Gate
from hub.api.headers import SecurityHeaders
from hub.api.openapi import Application, operation_id
from hub.errors import HubError
from hub.readiness import Readiness


def create_api(
    context: Context,
    *,
    check: Callable[[], Awaitable[Readiness]],
    metrics: Callable[[], bytes],
    content_type: str,
    routers: Sequence[APIRouter] = (),
    streams: Sequence[BaseRoute] = (),
) -> FastAPI:
    """The application of these parts. Its OpenAPI document is at `/openapi.json`.

    `routers` are more nouns below `/api`; `streams` are answered by applications of their own, behind the same gate.
    """
    api = Application(
        title="Hub",
        version=context.version,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
    )
    api.state.context = context
    api.add_middleware(Gate, origins=context.origins, count_refusal=context.count_refusal)
    api.add_middleware(
        CORSMiddleware,
        allow_origins=sorted(context.origins),
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["authorization", "content-type", "if-match", "last-event-id"],
    )
    api.add_middleware(SecurityHeaders)
    api.add_exception_handler(HubError, refuse)
    api.add_exception_handler(RequestValidationError, refuse_invalid)
    api.add_exception_handler(HTTPException, refuse_http)
    api.add_exception_handler(ClientDisconnect, refuse_gone)
    api.add_exception_handler(Exception, refuse_unexpected)
    routes = APIRouter(
        prefix="/api",
        max_body_size=MAX_BODY_BYTES,
        responses={"default": {"model": ErrorAnswer, "description": "Any error; docs/codes.md has the table."}},
    )
    for noun in (sign_in, oidc, users, keys, tickets, devices, device_changes, history, rooms, status):
        routes.include_router(noun.router)
    for router in routers:
        routes.include_router(router)
    api.include_router(routes)
    api.router.routes.extend(streams)
    api.include_router(health.router(check=check, metrics=metrics, content_type=content_type))
    api.include_router(contracts.router())
    api.include_router(dashboard.router())
    return api
