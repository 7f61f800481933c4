from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub import web
from hub.errors import Unavailable
from hub.web import Refused, get_json, post_form, send_json
from tests.issuers import Issuer, issuer
from tests.servers import free_port


@pytest.fixture
async def other() -> AsyncIterator[Issuer]:
    async with issuer() as found:
        yield found


async def test_json_is_read(other: Issuer) -> None:
    document: Any = await get_json(other.jwks_url)
    assert len(document["keys"]) == 1


async def test_what_does_not_answer_is_said_without_secrets() -> None:
    url = f"http://anna:secret@127.0.0.1:{free_port()}/keys?secret=1"
    with pytest.raises(Unavailable, match=r"/keys does not answer") as caught:
        await get_json(url)
    assert "secret" not in str(caught.value)


async def test_an_answer_that_is_no_200_is_a_refusal(other: Issuer) -> None:
    other.down = True
    with pytest.raises(Refused, match="503"):
        await get_json(other.jwks_url)
    with pytest.raises(Refused, match="400"):
        await post_form(f"{other.url}/token", {"client_id": "hub"}, user=("hub", "x"))


async def test_what_is_no_json_or_too_much(other: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="JSON"):
        await get_json(f"{other.url}/docs")
    monkeypatch.setattr(web, "MAX_ANSWER_BYTES", 10)
    with pytest.raises(Unavailable, match="over 10 bytes"):
        await get_json(other.jwks_url)


async def test_a_url_that_is_none() -> None:
    with pytest.raises(Unavailable):
        await get_json("http://")


async def test_status_and_answer_of_a_request(other: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    status, document = await send_json("GET", other.jwks_url)
    assert (status, isinstance(document, dict)) == (200, True)
    other.down = True
    assert (await send_json("GET", other.jwks_url, headers={"X-Some": "thing"}))[0] == 503
    assert (await send_json("POST", other.jwks_url, {"a": 1}))[0] == 405
    with pytest.raises(Unavailable, match="is no address"):
        await send_json("GET", "http://a:b:c")
    other.down = False
    monkeypatch.setattr(web, "MAX_OWN_ANSWER_BYTES", 10)
    with pytest.raises(Unavailable, match="over 10 bytes"):
        await send_json("GET", other.jwks_url)
