import httpx

from hub.api.app import create_api
from hub.readiness import Readiness
from tests.api.hub_api import Api, transport_of


async def ask(api: Api, readiness: Readiness, path: str) -> httpx.Response:
    async def check() -> Readiness:
        return readiness

    app = create_api(api.context, check=check, metrics=lambda: b"hub_up 1\n", content_type=KIND)
    async with httpx.AsyncClient(transport=transport_of(app), base_url="http://hub.test") as supervisor:
        return await supervisor.get(path)


READY = Readiness(ready=True, reason="", took_ms=1.5)
KIND = "text/plain; version=0.0.4; charset=utf-8"


async def test_a_process_that_answers_is_alive(api: Api) -> None:
    assert (await ask(api, READY, "/health/live")).json() == {"status": "alive"}


async def test_readiness_is_told_with_its_reason(api: Api) -> None:
    ready = await ask(api, READY, "/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "reason": "", "took_ms": 1.5})
    unready = await ask(api, Readiness(ready=False, reason="no broker", took_ms=2), "/health/ready")
    assert (unready.status_code, unready.json()["reason"]) == (503, "no broker")


async def test_metrics_are_given_as_they_are(api: Api) -> None:
    answer = await ask(api, READY, "/metrics")
    assert (answer.text, answer.headers["content-type"]) == ("hub_up 1\n", KIND)
