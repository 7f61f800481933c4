import asyncio
import random

from tests.torture.proxy import BadNetwork, Plan

CHUNK = bytes(range(256)) * 16


def passed(seed: int, *, mean_bytes: float) -> tuple[bytes, bool]:
    plan = Plan(random.Random(seed), mean_bytes=mean_bytes)
    found = b""
    for _ in range(4):
        for piece, pause_s in plan.pieces(CHUNK):
            assert pause_s < 1
            if piece is None:
                return found, True
            found += piece
    return found, False


def test_what_is_passed_on_is_the_beginning_of_what_came() -> None:
    cuts = 0
    for seed in range(200):
        found, cut = passed(seed, mean_bytes=20_000)
        assert (CHUNK * 4).startswith(found)
        assert cut or found == CHUNK * 4
        cuts += cut
    assert 50 < cuts < 150


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    assert [passed(seed, mean_bytes=5000) for seed in range(20)] == [
        passed(seed, mean_bytes=5000) for seed in range(20)
    ]


async def echo(network: BadNetwork, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
    writer.write(sent)
    writer.write_eof()
    try:
        return await reader.read(-1)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_it_forwards_and_cuts() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, BadNetwork(port, seed=1, mean_bytes=10).running() as network:
        network.calm = True
        assert await echo(network, b"hello") in {b"hello", b""}
        network.calm = False
        for _ in range(20):
            assert b"hello, this is longer".startswith(await echo(network, b"hello, this is longer"))
        assert network.connections == 21
        assert network.cuts > 5
        server.close()
        await server.wait_closed()
        network.target = 1
        assert await echo(network, b"hello") == b""
