"""Public keys at a URL: fetched, rotated, kept while the URL is away, and never asked for too often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from hub import jwks as jwks_module
from hub.jwks import UNKNOWN_S, Jwks
from tests.issuers import Issuer, issuer, key_pair
from tests.running import until


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@asynccontextmanager
async def kept(other: Issuer, clock: Clock) -> AsyncIterator[Jwks]:
    async def find_url() -> str:
        return other.jwks_url

    jwks = Jwks(find_url, now_s=clock)
    task = asyncio.create_task(jwks.keep())
    try:
        await jwks.settled()
        yield jwks
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def kids(jwks: Jwks) -> list[str | None]:
    return [key.kid for key in jwks.keys]


@pytest.fixture
async def other() -> AsyncIterator[Issuer]:
    async with issuer() as found:
        yield found


async def test_a_rotated_key_is_fetched_when_it_is_wanted(other: Issuer) -> None:
    clock, told = Clock(), list[int]()
    async with kept(other, clock) as jwks:
        jwks.changed = lambda keys: told.append(len(keys))
        assert kids(jwks) == ["one"]
        other.pairs = [key_pair("RS256"), key_pair("ES256", "two")]
        assert not jwks.want()
        clock.now_s += UNKNOWN_S
        assert jwks.want()
        assert jwks.want()
        await jwks.settled()
        assert kids(jwks) == ["one", "two"]
        assert (other.fetched, told) == (2, [2])
        assert not jwks.want()
        clock.now_s += UNKNOWN_S
        assert jwks.want()
        await jwks.settled()
        assert (other.fetched, told) == (3, [2])


async def test_the_last_good_set_stays(other: Issuer) -> None:
    clock = Clock()
    async with kept(other, clock) as jwks:
        other.down = True
        clock.now_s += UNKNOWN_S
        assert jwks.want()
        await jwks.settled()
        assert (kids(jwks), jwks.failures) == (["one"], 1)
        assert jwks.want(), "as the keys could not be fetched, an unknown one may be there later"
        other.down = False
        clock.now_s += UNKNOWN_S
        assert jwks.want()
        await jwks.settled()
        assert not jwks.want()


async def test_it_is_fetched_by_itself(other: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks_module, "RENEW_S", 0.01)
    async with kept(other, Clock()) as jwks:
        other.pairs = [key_pair("ES256", "two")]
        await until(lambda: kids(jwks) == ["two"])


async def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks_module, "WAIT_S", 0.01)

    async def find_url() -> str:
        return ""

    jwks = Jwks(find_url, now_s=Clock())
    assert jwks.want()
    await jwks.settled()
    assert jwks.keys == ()
