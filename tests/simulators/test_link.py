import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.base import Message
from simulators.link import QUEUE_MESSAGES, Broker, Link
from simulators.meter import Meter
from simulators.plug import Plug
from tests.servers import Server, free_port, mosquitto
from tests.simulators.observer import Observer, observer

LWT = "tele/{}/LWT"


@pytest.fixture(name="broker")
def _broker(tmp_path: Path) -> Iterator[Server]:
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[Link]:
    task = asyncio.create_task(link.run(), name="link")
    try:
        yield link
    finally:
        link.stop()
        await asyncio.wait_for(task, 20)


async def test_a_session_begins_with_its_birth_and_ends_with_a_goodbye(broker: Server) -> None:
    plug = Plug(0, seed=1)
    lwt = LWT.format(plug.topic)
    async with observer(broker.port) as (seen, _):
        async with running(Link(plug, Broker("127.0.0.1", broker.port))):
            await seen.until(lambda: bool(seen.payloads(f"tele/{plug.topic}/SENSOR")))
        await seen.until(lambda: seen.payloads(lwt) == ["Online", "Offline"])


async def test_a_command_is_answered(broker: Server) -> None:
    plug = Plug(0, seed=1)
    async with observer(broker.port) as (seen, client), running(Link(plug, Broker("127.0.0.1", broker.port))):
        await seen.until(lambda: bool(seen.payloads(f"tele/{plug.topic}/SENSOR")))
        await client.publish(f"cmnd/{plug.topic}/POWER", "TOGGLE", 1)
        await seen.until(lambda: seen.payloads(f"stat/{plug.topic}/POWER") == ["OFF"])
        assert seen.payloads(f"stat/{plug.topic}/RESULT") == ['{"POWER":"OFF"}']


async def test_a_cut_link_lets_the_broker_publish_the_will_and_comes_back(broker: Server) -> None:
    plug = Plug(0, seed=1)
    lwt = LWT.format(plug.topic)
    async with observer(broker.port) as (seen, _), running(Link(plug, Broker("127.0.0.1", broker.port))) as link:
        await seen.until(lambda: link.connected and seen.payloads(lwt) == ["Online"])
        link.cut(away_s=0.05)
        await seen.until(lambda: seen.payloads(lwt) == ["Online", "Offline", "Online"])


async def test_a_reboot_says_goodbye_and_begins_anew(broker: Server) -> None:
    plug = Plug(0, seed=1)
    lwt = LWT.format(plug.topic)
    async with observer(broker.port) as (seen, _), running(Link(plug, Broker("127.0.0.1", broker.port))) as link:
        await seen.until(lambda: link.connected and seen.payloads(lwt) == ["Online"])
        link.reboot(away_s=0.05)
        await seen.until(lambda: len(seen.payloads(f"tele/{plug.topic}/STATE")) == 2)
        assert seen.payloads(lwt) == ["Online", "Offline", "Online"]
        assert '"MqttCount":1' in seen.payloads(f"tele/{plug.topic}/STATE")[1]


async def test_it_comes_back_after_the_broker_was_killed(broker: Server) -> None:
    meter = Meter(0, seed=1)
    async with running(Link(meter, Broker("127.0.0.1", broker.port))) as link:
        await Observer().until(lambda: link.connected)
        broker.kill()
        await Observer().until(lambda: not link.connected)
        broker.start()
        async with observer(broker.port) as (seen, _):
            await seen.until(lambda: link.connected)
            link.send([Message("back", "again")])
            await seen.until(lambda: seen.payloads("back") == ["again"])
        assert link.failure != ""


async def test_without_a_broker_it_tries_says_nothing_and_still_ends() -> None:
    async with running(Link(Meter(0, seed=1), Broker("127.0.0.1", free_port()))) as link:
        await Observer().until(lambda: link.failure != "")
        link.send([Message("a", "b")])
        link.cut(away_s=1)
        link.reboot(away_s=1)
        assert (link.connected, link.sent, link.dropped) == (False, 0, 0)


async def test_what_does_not_fit_in_the_queue_is_dropped_and_counted(broker: Server) -> None:
    async with observer(broker.port) as (seen, _):
        async with running(Link(Meter(0, seed=1), Broker("127.0.0.1", broker.port))) as link:
            await seen.until(lambda: link.connected and bool(seen.messages))
            link.send(Message("flood", str(i), 1) for i in range(QUEUE_MESSAGES + 5))
            assert link.dropped >= 5
            kept = QUEUE_MESSAGES + 5 - link.dropped
            await seen.until(lambda: len(seen.payloads("flood")) == kept)
            assert seen.payloads("flood") == [str(i) for i in range(kept)]
            link.send(Message("flood", "late", 1) for _ in range(QUEUE_MESSAGES))
        assert seen.messages


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("mqtt://127.0.0.1", Broker("127.0.0.1", 1883)),
        ("mqtt://broker.example:8883", Broker("broker.example", 8883)),
        ("mqtt://sim:p%40ss@broker.example", Broker("broker.example", 1883, "sim", "p@ss")),
        ("mqtt://[::1]:1884", Broker("::1", 1884)),
    ],
)
def test_a_url_is_read(url: str, broker: Broker) -> None:
    assert Broker.parse(url) == broker
    assert "p@ss" not in str(broker)


@pytest.mark.parametrize("url", ["127.0.0.1:1883", "http://broker.example", "mqtt://", "mqtt://host:port"])
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Broker.parse(url)
