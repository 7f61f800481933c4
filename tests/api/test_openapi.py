"""The OpenAPI document is whole: every route says what it takes and gives, with examples, and what it may refuse."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from hub.api.app import create_api
from hub.api.contracts import ASYNCAPI
from hub.api.deps import identity
from hub.api.moments import router as moments_router
from hub.api.openapi import NOBODY, TAGS, operations
from hub.api.search import router as search_router
from hub.api.state import router as state_router
from hub.errors import ERROR_CODES, Unrecoverable
from hub.events import Batch, Position
from hub.replaying import Replaying
from hub.transports import polling
from hub.transports.sse import EventsEndpoint
from tests.api.hub_api import Api, ready

JSON = "application/json"
CODES = {code.name: code for code in ERROR_CODES}
DASHBOARD = "/{path}"
PUBLIC = {"/health/live", "/health/ready", "/metrics", "/asyncapi.yaml", "/events"}
"""Paths beside `/api/…`."""


async def read_nothing(since: Position, *, limit: int) -> list[Batch]:
    raise Unrecoverable(f"{since} {limit}")


@pytest.fixture(name="document")
def _document(api: Api) -> dict[str, Any]:
    """What a hub serves, with the routes of its transports."""
    node: Any = api.node
    access = api.context.access
    events = EventsEndpoint(
        node=node,
        identify=access.identify,
        redeem=api.context.tickets.redeem,
        origins=frozenset(),
        replaying=Replaying(api.store, node.chat.rooms),
    )
    app = create_api(
        api.context,
        check=ready,
        metrics=lambda: b"",
        content_type="text/plain",
        routers=[
            polling.router(node, identity=identity),
            moments_router(read_nothing),
            search_router(api.store),
            state_router(api.store),
        ],
        streams=[Route("/events", events, methods=["GET"])],
    )
    return app.openapi()


def named(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, method, operation in operations(document):
        yield f"{method} {path}", operation


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent and answered: where, and the media type object."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", media
    for status, response in operation["responses"].items():
        for media in response.get("content", {}).values():
            yield status, media


def examples(media: dict[str, Any]) -> list[Any]:
    if "examples" in media:
        return [example["value"] for example in media["examples"].values()]
    return [media["example"]] if "example" in media else []


def check(value: object, schema: dict[str, Any], document: dict[str, Any]) -> None:
    Draft202012Validator({"allOf": [schema], "components": document["components"]}).validate(value)


def test_the_document_is_a_valid_one(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_it_has_every_route_of_the_api(api: Api, document: dict[str, Any]) -> None:
    routes = {
        context.path_format
        for context in iter_route_contexts(api.app.routes)
        if isinstance(context.original_route, APIRoute) and context.path_format != DASHBOARD
    }
    assert routes - set(document["paths"]) == set()
    assert len(routes) > 20
    assert {path for path in document["paths"] if not path.startswith("/api/")} == PUBLIC


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in named(document)]
    assert len(set(ids)) == len(ids)
    for name, operation in named(document):
        assert operation["operationId"].isidentifier(), name
        assert operation["operationId"].islower(), name
        assert operation["summary"], name
        assert operation["description"], name
        assert "Raises" not in operation["description"], name
        assert set(operation["tags"]) <= set(TAGS), name


def test_every_body_has_a_model_and_examples_that_fit_it(document: dict[str, Any]) -> None:
    for name, operation in named(document):
        for where, media in bodies(operation):
            assert media.get("schema"), f"{name}: {where} has no model"
            assert examples(media), f"{name}: {where} has no example"
            for example in examples(media):
                check(example, media["schema"], document)


def test_every_parameter_is_described_and_its_examples_fit(document: dict[str, Any]) -> None:
    for name, operation in named(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "cookie":
                continue
            schema = parameter["schema"]
            assert parameter.get("description") or schema.get("description"), f"{name}: {parameter['name']}"
            shown = [parameter["example"]] if "example" in parameter else schema.get("examples", [])
            assert shown or not parameter["required"], f"{name}: {parameter['name']} has no example"
            for example in shown:
                check(example, schema, document)


def test_every_answer_is_one_that_is_good_and_says_so(document: dict[str, Any]) -> None:
    for name, operation in named(document):
        good = [status for status in operation["responses"] if status[0] in "23"]
        assert good, name
        for status in good:
            response = operation["responses"][status]
            assert response.get("content") or response.get("headers") or status == "204", f"{name}: {status}"


def test_every_refusal_is_of_the_table_with_its_status(document: dict[str, Any]) -> None:
    for name, operation in named(document):
        for status, response in operation["responses"].items():
            if status[0] not in "45" or name == "GET /health/ready":
                continue
            media = response["content"][JSON]
            assert media["schema"] == {"$ref": "#/components/schemas/ErrorAnswer"}, f"{name}: {status}"
            for key, example in media["examples"].items():
                error = example["value"]["error"]
                assert (error["name"], error["code"]) == (key, CODES[key].number), name
                assert CODES[key].http_status == int(status), f"{name}: {key}"


def test_what_may_be_refused_follows_from_what_is_asked(document: dict[str, Any]) -> None:
    for name, operation in named(document):
        method, _, path = name.partition(" ")
        statuses = set(operation["responses"])
        security = operation.get("security", [])
        if path.startswith("/api/"):
            assert "default" in statuses, name
        if security and NOBODY not in security:
            assert {"401", "503"} <= statuses, name
        if path.startswith("/api/") and method != "GET":
            assert {"403", "413"} <= statuses, name
        if operation.get("parameters") or "requestBody" in operation:
            assert "400" in statuses, name
        assert ("requestBody" in operation) == ("408" in statuses), name
        if "{" in path and not path.startswith("/api/sign-in"):
            assert "404" in statuses, name
        if "429" in statuses:
            assert "Retry-After" in operation["responses"]["429"]["headers"], name


def test_who_may_ask_without_signing_in(document: dict[str, Any]) -> None:
    free = {name for name, operation in named(document) if NOBODY in operation.get("security", [NOBODY])}
    assert free == {
        "POST /api/sign-in",
        "POST /api/sign-in/link",
        "POST /api/sign-out",
        "GET /api/session",
        "GET /api/sign-in/options",
        "GET /api/sign-in/oidc",
        "GET /api/sign-in/oidc/callback",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "GET /asyncapi.yaml",
    }


def test_a_route_that_says_nothing_of_itself_is_found_out(api: Api) -> None:
    bare = APIRouter(tags=["status"])

    @bare.get("/bare")
    async def read_bare() -> dict[str, str]:
        """Nothing."""
        return {}

    app = create_api(api.context, check=ready, metrics=lambda: b"", content_type="text/plain", routers=[bare])
    with pytest.raises(AssertionError, match="GET /api/bare: 200 has no example"):
        test_every_body_has_a_model_and_examples_that_fit_it(app.openapi())


async def test_both_documents_are_served_to_everybody(api: Api) -> None:
    assert (await api.browser.get("/openapi.json")).json() == api.app.openapi()
    answer = await api.browser.get("/asyncapi.yaml")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/yaml")
    assert answer.content == ASYNCAPI.read_bytes()
