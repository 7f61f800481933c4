from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from hub.api import dashboard
from hub.api.answers import refuse
from hub.errors import HubError


async def ask(path: str) -> httpx.Response:
    app = FastAPI()
    app.include_router(dashboard.router())
    app.add_exception_handler(HubError, refuse)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as browser:
        return await browser.get(path)


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<title>Hub</title>")
    (root / "assets/main-1a2b.js").write_text("1")
    (tmp_path / "secret").write_text("not to be given")
    monkeypatch.setattr(dashboard, "STATIC", root)
    return root


@pytest.mark.usefixtures("static")
@pytest.mark.parametrize("path", ["/", "/devices/kitchen", "/sign-in"])
async def test_every_page_is_the_one_document(path: str) -> None:
    answer = await ask(path)
    assert (answer.text, answer.headers["cache-control"]) == ("<title>Hub</title>", "no-cache")


@pytest.mark.usefixtures("static")
async def test_files_with_a_hash_in_their_name_stay() -> None:
    answer = await ask("/assets/main-1a2b.js")
    assert (answer.text, "immutable" in answer.headers["cache-control"]) == ("1", True)


@pytest.mark.usefixtures("static")
@pytest.mark.parametrize("path", ["/api/nothing", "/assets/gone.js", "/health/nothing"])
async def test_what_is_no_page_is_not_found(path: str) -> None:
    answer = await ask(path)
    assert (answer.status_code, answer.json()["error"]["name"]) == (404, "not_found")


@pytest.mark.usefixtures("static")
@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret"])
async def test_nothing_outside_is_given(path: str) -> None:
    assert "not to be given" not in (await ask(path)).text


async def test_without_a_build_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "STATIC", tmp_path)
    answer = await ask("/")
    assert (answer.status_code, "make build" in answer.text) == (503, True)
