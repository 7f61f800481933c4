"""Two hubs on one log and one broker: both could send a command, and one does."""

import asyncio
from pathlib import Path

import aiomqtt

from tests.running import Client, running, settings_for, token, until
from tests.servers import mosquitto, redis_server

COMMANDS = 30


async def test_no_command_is_sent_by_two(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker, redis_server(tmp_path / "redis") as redis:
        urls = {"mqtt_url": f"mqtt://127.0.0.1:{broker.port}", "engine_url": f"redis://127.0.0.1:{redis.port}"}
        one = settings_for(tmp_path, mqtt_client_id="one", **urls)
        other = settings_for(tmp_path, mqtt_client_id="other", **urls)
        got: list[str] = []
        async with (
            running(one) as first,
            running(other) as second,
            aiomqtt.Client("127.0.0.1", broker.port) as plug,
            Client.connected(first.ws_url, auth=token()) as anna,
            Client.connected(second.ws_url, auth=token("ivan")) as ivan,
        ):
            await plug.subscribe("cmnd/plug1/+", qos=1)
            await plug.publish("tele/plug1/STATE", '{"POWER":"OFF"}', qos=1)
            nodes = [first.hub.node, second.hub.node]
            await until(lambda: all("telemetry/plug1" in node.latest for node in nodes))

            async def listen() -> None:
                async for message in plug.messages:
                    assert isinstance(message.payload, bytes)
                    word = message.payload.decode()
                    got.append(word)

            listening = asyncio.create_task(listen())
            for number in range(COMMANDS):
                client = (anna, ivan)[number % 2]
                assert (await client.publish("command/plug1", {"name": "Mem1", "value": str(number)}))["ok"]
            ledgers = [hub.hub.commanding.commands.ledger for hub in (first, second)]
            await until(
                lambda: all([each.state.value for each in ledger.known()] == ["sent"] * COMMANDS for ledger in ledgers)
            )
            await until(lambda: len(got) >= COMMANDS)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        assert sorted(got, key=int) == [str(number) for number in range(COMMANDS)]
        assert {each.id: each.runner for each in ledgers[0].known()} == {
            each.id: each.runner for each in ledgers[1].known()
        }
