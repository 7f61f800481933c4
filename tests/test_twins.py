"""Twins of a whole hub: what people want, what devices report, and that they are told the difference once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import aiomqtt
import httpx
import pytest

from hub import twin_keeper
from hub.auth import Identity, Keys, Role, sign
from hub.commands.command import Command
from hub.events import Scalar
from hub.message import message_id
from hub.twin import NO_TWIN
from tests.running import SECRET, Client, Running, running, settings_for, token, until
from tests.servers import mosquitto


class Plug:
    """A plug with Tasmota's firmware, at a broker; `got` is what it was told, `deaf` whether it does nothing of it."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.got: list[str] = []
        self.deaf = False
        self.client = client

    async def say(self, topic: str, payload: str) -> None:
        await self.client.publish(topic, payload, qos=1)

    async def listen(self) -> None:
        async for message in self.client.messages:
            payload = message.payload.decode() if isinstance(message.payload, bytes) else ""
            name = message.topic.value.rpartition("/")[2]
            self.got.append(f"{name} {payload}")
            if not self.deaf:
                await self.say(
                    "stat/plug1/RESULT", json.dumps({name: int(payload) if payload.isdecimal() else payload})
                )


@asynccontextmanager
async def plug(port: int, *, online: bool = True) -> AsyncIterator[Plug]:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("cmnd/plug1/+", qos=1)
        found = Plug(client)
        await found.say("tele/plug1/STATE", '{"POWER":"OFF","Dimmer":10}')
        await found.say("tele/plug1/LWT", "Online" if online else "Offline")
        listening = asyncio.create_task(found.listen())
        try:
            yield found
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


class Asker:
    """Somebody who asks the API for the twin of plug1."""

    def __init__(self, hub: Running, role: Role = Role.OPERATOR, *, auth: str = "") -> None:
        self.origin = hub.origin
        self.auth = auth or token("anna", role)
        self.etag = ""

    async def ask(
        self, method: str, change: object = None, *, status: int = 200, version: str | None = None, of: str = "plug1"
    ) -> Any:
        """The answer; for an error its name."""
        headers = {"Authorization": f"Bearer {self.auth}"} | ({} if version is None else {"If-Match": version})
        async with httpx.AsyncClient(base_url=self.origin, timeout=20) as http:
            answer = await http.request(method, f"/api/devices/{of}/twin", json=change, headers=headers)
        assert answer.status_code == status, answer.text
        self.etag = answer.headers.get("ETag", "")
        said = answer.json()
        return said["error"]["name"] if "error" in said else said

    async def want(self, **desired: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("PATCH", {"desired": desired})
        return found


@asynccontextmanager
async def scene(directory: Path, *, online: bool = True, **settings: Any) -> AsyncIterator[tuple[Running, Asker, Plug]]:
    """A hub with one plug that it knows, and anna."""
    async with running(settings_for(directory, **settings)) as hub, plug(hub.mqtt_port, online=online) as found:
        await linked(hub, "online" if online else "offline")
        yield hub, Asker(hub), found


async def linked(hub: Running, state: str) -> None:
    await until(lambda: f'"{state}"'.encode() in (hub.hub.node.latest.get("connectivity/plug1") or b""))


def asked(hub: Running) -> list[Command]:
    """The commands that were given for the plug's twin, oldest first."""
    known = hub.hub.commanding.commands.ledger.known()
    return sorted((each for each in known if each.twin), key=lambda each: each.id)


def states(hub: Running) -> list[str]:
    return [each.state.value for each in asked(hub)]


def delta(hub: Running) -> dict[str, Scalar]:
    """The difference as the last event on the log tells it."""
    return hub.hub.commanding.twins.told("plug1").delta


async def test_what_is_desired_is_told_reported_and_done(tmp_path: Path) -> None:
    async with scene(tmp_path) as (hub, anna, found), Client.connected(hub.ws_url, auth=token()) as screen:
        await screen.subscribe("twin/+", snapshot=True)
        assert (await anna.ask("GET"))["version"] == 0
        assert anna.etag == '"0"'
        twin = await anna.want(POWER=True, Dimmer=40)
        assert (twin["version"], twin["desired"], twin["by"]) == (1, {"POWER": True, "Dimmer": 40}, "anna")
        assert anna.etag == '"1"'
        assert twin["delta"] == twin["desired"]
        assert (twin["reported"]["POWER"], twin["reported"]["Dimmer"]) == ("OFF", 10)
        await screen.receive_until(lambda client: any(not each["delta"] for each in client.on("twin/plug1")))
        events = screen.on("twin/plug1")
        assert (events[0]["delta"], events[0]["apart"].keys()) == ({"POWER": True, "Dimmer": 40}, {"POWER", "Dimmer"})
        assert (events[-1]["reported"], events[-1]["version"]) == ({"POWER": "ON", "Dimmer": 40}, 1)
        assert sorted(found.got) == ["Dimmer 40", "POWER ON"]
        await until(lambda: states(hub) == ["observed", "observed"])
        assert {each.by for each in asked(hub)} == {"anna"}
        last = await anna.ask("GET")
        assert (last["delta"], last["reported"]["POWER"]) == ({}, "ON")
        metrics = hub.hub.metrics.render().decode()
        assert "hub_twins 1.0" in metrics
        assert "hub_twins_apart 0.0" in metrics
        assert "hub_twin_commands_total 2.0" in metrics


async def test_a_change_of_an_old_version_is_a_conflict(tmp_path: Path) -> None:
    async with scene(tmp_path) as (_, anna, _found):
        change = {"desired": {"Dimmer": 20}}
        assert (await anna.ask("PATCH", change, version='"0"'))["version"] == 1
        assert await anna.ask("PATCH", {"desired": None}, version='"0"', status=409) == "conflict"
        assert (await anna.ask("PATCH", change, version='"1"'))["version"] == 1, "nothing has changed"
        assert (await anna.ask("PATCH", {"desired": {"Dimmer": None}}, version="*"))["desired"] == {}
        assert await anna.ask("PATCH", change, version="new", status=400) == "bad_request"
        # Of changes at the same moment, without a version, all count.
        await asyncio.gather(*(anna.want(**{f"Mem{number}": str(number)}) for number in range(5)))
        twin = await anna.ask("GET")
        assert twin["desired"] == {f"Mem{number}": str(number) for number in range(5)}
        assert twin["version"] == 7


async def test_who_may_say_what_is_desired(tmp_path: Path) -> None:
    async with scene(tmp_path) as (hub, anna, _found):
        change = {"desired": {"Dimmer": 20}}
        viewer = Asker(hub, Role.VIEWER)
        assert await viewer.ask("PATCH", change, status=403) == "permission_denied"
        assert (await viewer.ask("GET"))["desired"] == {}
        narrowed = Identity("anna", Role.OPERATOR, 2**40, publish=("twin/other",), subscribe=("twin/other",))
        other = Asker(hub, auth=sign(narrowed, Keys(SECRET.encode())))
        assert await other.ask("PATCH", change, status=403) == "permission_denied"
        assert await other.ask("GET", status=404) == "not_found"
        half = Identity("anna", Role.VIEWER, 2**40, subscribe=("twin/#",))
        assert (await Asker(hub, auth=sign(half, Keys(SECRET.encode()))).ask("GET"))["reported"] == {}
        assert await anna.ask("GET", of="nothing", status=404) == "not_found"
        assert await anna.ask("PATCH", change, of="nothing", status=404) == "not_found"
        assert await anna.ask("PATCH", {"desired": {"a": [1]}}, status=400) == "invalid_data"
        assert await anna.ask("PATCH", {"reported": {}}, status=400) == "bad_request"


async def test_a_dashboard_changes_a_twin_by_publishing(tmp_path: Path) -> None:
    async with scene(tmp_path) as (hub, _, found), Client.connected(hub.ws_url, auth=token()) as client:
        assert (await client.publish("twin/plug1", {"desired": {"POWER": "ON"}, "version": 0}))["ok"]
        late = await client.publish("twin/plug1", {"desired": {"POWER": "OFF"}, "version": 0})
        assert late["error"]["name"] == "conflict"
        unfit: list[dict[str, object]] = [
            {"version": 1},
            {"desired": {}, "version": "1"},
            {"desired": {}, "reported": {}},
        ]
        for each in unfit:
            assert (await client.publish("twin/plug1", each))["error"]["name"] == "invalid_data"
        assert (await client.publish("twin/none", {"desired": {}}))["error"]["name"] == "not_found"
        await until(lambda: not delta(hub))
        assert found.got == ["POWER ON"]


async def test_a_device_that_is_away_gets_the_last_wish_when_it_is_back(tmp_path: Path) -> None:
    async with scene(tmp_path, online=False) as (hub, anna, found):
        await anna.want(Dimmer=20, POWER=True)
        await until(lambda: states(hub) == ["queued", "queued"])
        await anna.want(Dimmer=30, POWER=None)
        await until(lambda: sorted(states(hub)) == ["queued", "refused", "refused"])
        assert {each.reason for each in asked(hub)} == {"", "it is not desired any more"}
        await found.say("tele/plug1/LWT", "Online")
        await until(lambda: not delta(hub))
        assert found.got == ["Dimmer 30"]


async def test_what_the_device_does_by_itself_is_not_asked_any_more(tmp_path: Path) -> None:
    async with scene(tmp_path, online=False) as (hub, anna, found):
        await anna.want(Dimmer=20)
        await until(lambda: states(hub) == ["queued"])
        await found.say("stat/plug1/RESULT", '{"Dimmer":20}')
        await until(lambda: states(hub) == ["refused"])
        assert asked(hub)[0].reason == "the device reports it already"


async def test_it_is_told_again_only_when_it_comes_back_without_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as (hub, anna, found):
        await anna.want(Dimmer=20)
        await until(lambda: states(hub) == ["observed"])
        # Somebody turns the knob: that is shown, and nobody turns it back.
        await found.say("stat/plug1/RESULT", '{"Dimmer":5}')
        await until(lambda: delta(hub) == {"Dimmer": 20})
        await found.say("tele/plug1/STATE", '{"POWER":"OFF","Dimmer":5}')
        # It comes back from a power cut, and has forgotten.
        await found.say("tele/plug1/LWT", "Offline")
        await linked(hub, "offline")
        assert found.got == ["Dimmer 20"]
        await found.say("tele/plug1/LWT", "Online")
        await until(lambda: not delta(hub))
        assert found.got == ["Dimmer 20", "Dimmer 20"]
        assert len(asked(hub)) == 2
        # Once for each time that it comes back.
        found.deaf = True
        await found.say("stat/plug1/RESULT", '{"Dimmer":6}')
        await until(lambda: delta(hub) == {"Dimmer": 20})
        for number in range(5):
            await found.say("tele/plug1/STATE", json.dumps({"Dimmer": 5, "CT": number}))
        await until(lambda: hub.hub.commanding.twins.reported("plug1").get("CT") == 4)
        assert len(asked(hub)) == 2


async def test_what_the_family_can_not_be_told_is_shown_and_not_tried_again(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path)) as hub, aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        await client.publish("homie/plug1/$homie", "4.0.0", retain=True)
        await client.publish("homie/plug1/relay/power", "false", retain=True)
        await until(lambda: "telemetry/plug1" in hub.hub.node.latest)
        await Asker(hub).want(nowhere=1)
        await until(lambda: states(hub) == ["failed"])
        assert asked(hub)[0].reason.startswith("name it by node and property")
        assert delta(hub) == {"nowhere": 1}


async def test_a_second_person_approves_what_is_desired_too(tmp_path: Path) -> None:
    async with scene(tmp_path, command_approval=["plug1"]) as (hub, anna, found):
        await anna.want(POWER=True)
        await until(lambda: states(hub) == ["waiting"])
        async with Client.connected(hub.ws_url, auth=token("ivan")) as ivan:
            assert (await ivan.publish("command/plug1", {"approve": asked(hub)[0].id}))["ok"]
        await until(lambda: not delta(hub))
        assert found.got == ["POWER ON"]


async def test_nothing_is_desired_of_a_device_that_was_forgotten(tmp_path: Path) -> None:
    async with scene(tmp_path, online=False) as (hub, anna, _):
        await anna.want(Dimmer=20)
        await until(lambda: states(hub) == ["queued"])
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token()}"}) as http:
            assert (await http.delete(f"{hub.origin}/api/devices/plug1")).status_code == 204
        await until(lambda: states(hub) == ["refused"])
        assert await anna.ask("GET", status=404) == "not_found"


async def test_what_is_reported_already_is_not_asked(tmp_path: Path) -> None:
    async with scene(tmp_path) as (hub, anna, found):
        assert (await anna.want(POWER="off"))["delta"] == {}
        assert (await anna.want(Dimmer=10.0))["delta"] == {}
        await anna.want(Dimmer=11)
        await until(lambda: states(hub) == ["observed"])
        assert found.got == ["Dimmer 11"]


async def test_a_restart_tells_nothing_twice(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    got: list[str] = []
    for values in ('{"POWER":"OFF"}', '{"POWER":"OFF","Dimmer":1}'):
        async with running(settings) as hub, aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
            await client.subscribe("cmnd/plug1/+", qos=1)
            await client.publish("tele/plug1/STATE", values, qos=1)
            await until(lambda: "telemetry/plug1" in hub.hub.node.latest)
            if not got:
                await Asker(hub).want(POWER=True)
                got.append(str((await anext(client.messages)).topic))
                await until(lambda: states(hub) == ["sent"])
            await until(lambda: ("hub_twins_apart", "", 1) in list(hub.hub.commanding.keeper.readings()))
            await client.publish("cmnd/plug1/Last", "")
            got.append(str((await anext(client.messages)).topic))
    assert got == ["cmnd/plug1/POWER", "cmnd/plug1/Last", "cmnd/plug1/Last"]


async def test_a_device_that_restarts_while_it_is_told_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin_keeper, "AGAIN_S", 0.1)
    async with scene(tmp_path) as (there, anna, found):
        found.deaf = True
        await anna.want(Dimmer=20)
        await until(lambda: states(there) == ["sent"])
        await found.say("tele/plug1/LWT", "Offline")
        await linked(there, "offline")
        await found.say("tele/plug1/LWT", "Online")
        await linked(there, "online")
        # As long as it may still have been heard, it is not said again.
        await until(lambda: "plug1" in there.hub.commanding.keeper._due)
        assert states(there) == ["sent"]
        found.deaf = False
        await found.say("stat/plug1/RESULT", '{"Command":"Error"}')
        await until(lambda: states(there) == ["failed", "observed"])
        assert found.got == ["Dimmer 20", "Dimmer 20"]


async def test_the_id_of_another_command_is_not_taken_for_its_own(tmp_path: Path) -> None:
    async with scene(tmp_path) as (there, _, found):
        now_ms = there.hub.commanding.twins.now_ms()
        taken = message_id(now_ms, crc32(b"plug1/Dimmer"))
        other = Command(id=taken, device="other", name="n", by="ivan", created=now_ms, expires=now_ms + 60_000)
        await there.hub.commanding.commands.put(other)
        await there.hub.commanding.twins.put([("plug1", NO_TWIN.changed({"Dimmer": 7}, by="anna", now_ms=now_ms))])
        await until(lambda: states(there) == ["observed"])
        assert found.got == ["Dimmer 7"]
        assert asked(there)[0].id == message_id(now_ms, crc32(b"plug1/Dimmer") + 1)


async def test_a_thing_gets_its_delta_and_may_ask_for_its_shadow(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        url = f"mqtt://127.0.0.1:{broker.port}"
        async with (
            running(settings_for(tmp_path, mqtt_url=url, mqtt_filters=["$aws/#"])) as there,
            aiomqtt.Client("127.0.0.1", broker.port) as thing,
        ):
            shadow = "$aws/things/plug1/shadow"
            await thing.subscribe([(f"{shadow}/update/delta", 1), (f"{shadow}/get/accepted", 1)])
            await thing.publish(f"{shadow}/update", '{"state":{"reported":{"light":{"on":false}}}}', qos=1)
            await until(lambda: "telemetry/plug1" in there.hub.node.latest)
            await Asker(there).want(**{"light.on": True})
            await until(lambda: states(there) == ["sent"])
            await thing.publish(f"{shadow}/get", "", qos=1)
            heard = [await asyncio.wait_for(anext(thing.messages), 20) for _ in range(2)]
            states_of = [json.loads(bytes(message.payload))["state"] for message in heard]
            wanted = {"light": {"on": True}}
            assert states_of == [wanted, {"desired": wanted, "delta": wanted}]
            await thing.publish(f"{shadow}/update", '{"state":{"reported":{"light":{"on":true}}}}', qos=1)
            await until(lambda: states(there) == ["observed"] and not delta(there))
