from pathlib import Path

import httpx
import pytest

from hub.api import dashboard
from tests.api.hub_api import open_api


async def ask(directory: Path, path: str) -> httpx.Response:
    """What an API answers whose dashboard is what `dashboard.STATIC` says now."""
    async with open_api(directory) as api:
        return await api.browser.get(path)


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("<title>Hub</title>")
    (root / "assets/main-1a2b.js").write_text("1")
    (tmp_path / "secret").write_text("not to be given")
    monkeypatch.setattr(dashboard, "STATIC", root)
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/devices/kitchen", "/sign-in"])
async def test_every_page_is_the_one_document(static: Path, path: str) -> None:
    answer = await ask(static, path)
    assert (answer.text, answer.headers["cache-control"]) == ("<title>Hub</title>", "no-cache")


async def test_files_with_a_hash_in_their_name_stay(static: Path) -> None:
    answer = await ask(static, "/assets/main-1a2b.js")
    assert (answer.text, "immutable" in answer.headers["cache-control"]) == ("1", True)


@pytest.mark.parametrize("path", ["/api/nothing", "/assets/gone.js", "/health/nothing"])
async def test_what_is_no_page_is_not_found(static: Path, path: str) -> None:
    answer = await ask(static, path)
    assert (answer.status_code, answer.json()["error"]["name"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret"])
async def test_nothing_outside_is_given(static: Path, path: str) -> None:
    assert "not to be given" not in (await ask(static, path)).text


async def test_without_a_build_it_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "STATIC", tmp_path)
    answer = await ask(tmp_path, "/")
    assert (answer.status_code, "make build" in answer.text) == (503, True)
