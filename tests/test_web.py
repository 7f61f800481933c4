from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub import web
from hub.errors import Unavailable
from hub.web import Refused, get_json, post_form
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
