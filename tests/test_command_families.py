"""Every simulator that takes commands is told something by the hub, at a real broker; its telemetry proves it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from simulators.kinds import KINDS, make
from simulators.link import Broker, Link
from tests.running import DEADLINE_S, Client, running, settings_for, token, until
from tests.servers import mosquitto


class Case(NamedTuple):
    """A kind of simulator, what it is told, and what then shows it."""

    kind: str
    device: str
    name: str
    value: Any
    key: str
    shows: Any
    answers: bool = False


CASES = (
    Case("tasmota", "tasmota_79DEF3", "POWER", "OFF", "POWER", "OFF", answers=True),
    Case("zigbee2mqtt", "Living room", "occupied_heating_setpoint", 19.5, "occupied_heating_setpoint", 19.5),
    Case("shelly_gen1", "shellyplug-s-0E5B06", "relay/0", "off", "relay.0", "off"),
    Case(
        "shelly_gen2",
        "shellyplusplugs-3a89edcca662",
        "switch:0",
        value=False,
        key="switch:0.output",
        shows=False,
        answers=True,
    ),
    Case("esphome", "climate-87f94d", "switch/fan", "ON", "fan", "ON"),
    Case("homeassistant", "lamp-01-47c7", "state", {"state": "OFF"}, "state", "OFF"),
    Case("homie", "heater-01-90e5", "heater/target", 18.5, "heater.target", 18.5),
    Case("sparkplug", "Plant 1%2FLine 1%2FPress", "Running", value=False, key="Running", shows=False),
    Case("chirpstack", "411dc17b41ffc09a", "10/confirmed", {"valve": "open"}, "valve", "open"),
    Case("things_stack", "valve-01", "10/confirmed", {"valve": "open"}, "valve", "open", answers=True),
    Case("pump", "pump-01", "rpm", 900, "rpm", 900, answers=True),
)


@asynccontextmanager
async def fleet(port: int) -> AsyncIterator[list[Link]]:
    """One device of each kind."""
    links = [Link(each, Broker("127.0.0.1", port)) for kind in KINDS for each in make(kind, 1, seed=1)]
    running_links = [asyncio.create_task(link.run()) for link in links]
    try:
        await until(lambda: all(link.connected for link in links))
        report(links)
        yield links
    finally:
        for link in links:
            link.stop()
        await asyncio.gather(*running_links)


def report(links: list[Link]) -> None:
    """Have every device say what it measures; those that speak by radio hear their downlinks then."""
    for link in links:
        for member in range(link.simulator.members):
            link.send(link.simulator.report(member, time.time()))


async def test_every_family_does_what_it_is_told_and_shows_it(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        settings = settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")
        async with (
            running(settings) as hub,
            Client.connected(hub.ws_url, auth=token()) as client,
            fleet(broker.port) as links,
        ):
            latest, ledger = hub.hub.node.latest, hub.hub.commanding.commands.ledger
            await until(lambda: all(f"telemetry/{case.device}" in latest for case in CASES))
            for case in CASES:
                expect = {"key": case.key, "op": "eq", "value": case.shows, "within_s": 60}
                order = {"name": case.name, "value": case.value, "expect": expect}
                assert (await client.publish(f"command/{case.device}", order))["ok"]
            end = time.monotonic() + DEADLINE_S
            while ledger.open() and time.monotonic() < end:
                await asyncio.sleep(0.3)
                report(links)
            ended = {command.device: command for command in ledger.known()}
            assert {case.device: ended[case.device].state.value for case in CASES} == {
                case.device: "observed" for case in CASES
            }
            for case in CASES:
                assert ended[case.device].evidence["observed"]["value"] == case.shows
                if case.answers:
                    assert "answered" in ended[case.device].evidence, case
