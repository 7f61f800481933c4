import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.errors import Unavailable
from hub.mqtt.mqtt5_client import Mqtt5Client
from hub.mqtt.probe import answers, probe
from tests.mqtt.links import Reader, connected, serving, side
from tests.servers import free_port, mosquitto, program


@asynccontextmanager
async def replying(*replies: bytes) -> AsyncIterator[str]:
    """A server that answers the first connection with the first of these, and so on; empty: it closes."""
    waiting = list(replies)

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(waiting.pop(0))

    async with serving(reply) as port:
        yield f"mqtt://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("name", "version"),
    [("mqtt5-mosquitto", "5"), ("mqtt5-embedded", "5"), ("aiomqtt-embedded", "3.1.1")],
)
async def test_a_broker_says_what_it_speaks(name: str, version: str, tmp_path: Path) -> None:
    async with side(name, tmp_path) as case:
        assert await probe(f"mqtt://127.0.0.1:{case.broker.client_port}") == version


async def test_asking_leaves_the_kept_session_as_it_is(tmp_path: Path) -> None:
    async with side("mqtt5-mosquitto", tmp_path) as case:
        url = f"mqtt://127.0.0.1:{case.broker.client_port}"
        async with Mqtt5Client(url, client_id="hub-0", filters=["#"]) as client, case.device() as device:
            await connected(client)
            since_ms = client.link.since_ms
            await probe(url)
            await device.publish("a", b"1", qos=1)
            reader = Reader(client)
            await reader.take(1)
            assert (client.link.since_ms, reader.taken[0].connection) == (since_ms, 1)


@pytest.mark.parametrize(
    ("replies", "version"),
    [
        ([b"\x20\x02\x00\x01", b"\x20\x02\x00\x00"], "3.1.1"),
        ([b"\x20\x03\x00\x84\x00", b"\x20\x02\x00\x00"], "3.1.1"),
        ([b"\x20\x02\x00\x00", b"\x20\x02\x00\x00"], "3.1.1"),
        ([b"", b"\x20\x02\x00\x00"], "3.1.1"),
        ([b"\x20\x03\x00\x00\x00"], "5"),
        ([b"\x20\x80\x01\x00\x00"], "5"),
    ],
    ids=["old refusal", "new refusal", "old answer", "closes", "yes", "yes, with many properties"],
)
async def test_a_broker_that_does_not_know_5_is_asked_again(replies: list[bytes], version: str) -> None:
    async with replying(*replies) as url:
        assert await probe(url) == version


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ([b"\x20\x03\x00\x86\x00"], "bad user name or password"),
        ([b"\x20\x03\x00\x8a\x00"], "reason code 138"),
        ([b"", b"\x20\x02\x00\x05"], "not authorized"),
        ([b"", b"HTTP/1.1 400"], "neither"),
        ([b"", b""], "neither"),
    ],
)
async def test_a_broker_that_refuses_is_unavailable(replies: list[bytes], reason: str) -> None:
    async with replying(*replies) as url:
        with pytest.raises(Unavailable, match=reason):
            await probe(url)


async def test_nothing_there_is_unavailable() -> None:
    port = free_port()
    with pytest.raises(Unavailable, match="Can't connect"):
        await probe(f"mqtt://127.0.0.1:{port}")
    assert not await answers("127.0.0.1", port)


async def test_something_that_accepts_answers() -> None:
    async with replying(b"") as url:
        assert await answers("127.0.0.1", int(url.rpartition(":")[2]))


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[int]:
    """A broker where anna's password is `right`."""
    passwords = tmp_path / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-b", "-c", passwords, "anna", "right"], check=True)
    with mosquitto(tmp_path, "allow_anonymous false", f"password_file {passwords}") as server:
        yield server.port


async def test_user_and_password_of_the_url_are_used(guarded: int) -> None:
    assert await probe(f"mqtt://anna:right@127.0.0.1:{guarded}") == "5"
    for user in ("anna:wrong@", "anna@", ""):
        with pytest.raises(Unavailable, match=r"not authorized|bad user name"):
            await probe(f"mqtt://{user}127.0.0.1:{guarded}")
