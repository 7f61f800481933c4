"""Commands against a whole hub, its real broker, and devices that answer by themselves."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import httpx

from hub.auth import Identity, Keys, Role, sign
from tests.running import SECRET, Client, Running, running, settings_for, token, until

Device = Callable[[str, bytes], list[tuple[str, str]]]
"""What a device publishes when it gets a message."""


@asynccontextmanager
async def device(hub: Running, topic_filter: str, answers: Device, *birth: tuple[str, str]) -> AsyncIterator[list[str]]:
    """A device that subscribes, says who it is, and answers; what it got, by topic."""
    got: list[str] = []
    async with aiomqtt.Client("127.0.0.1", hub.mqtt_port) as client:
        await client.subscribe(topic_filter, qos=1)
        for topic, payload in birth:
            await client.publish(topic, payload, qos=1)

        async def listen() -> None:
            async for message in client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                got.append(f"{message.topic.value} {payload.decode(errors='replace')}")
                for topic, said in answers(message.topic.value, payload):
                    await client.publish(topic, said, qos=1)

        listening = asyncio.create_task(listen())
        try:
            yield got
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def tasmota(topic: str, payload: bytes) -> list[tuple[str, str]]:
    """A plug with Tasmota's firmware."""
    name = topic.rpartition("/")[2]
    if name != "POWER":
        return [("stat/plug1/RESULT", json.dumps({"Command": "Unknown", "Input": name}))]
    return [("stat/plug1/RESULT", json.dumps({"POWER": payload.decode()})), ("stat/plug1/POWER", payload.decode())]


TASMOTA = ("tele/plug1/STATE", '{"POWER":"OFF"}')
ON = {"name": "POWER", "value": "ON", "expect": {"key": "POWER", "op": "eq", "value": "ON", "within_s": 10}}


class Api:
    """The HTTP API as one user."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    @classmethod
    @asynccontextmanager
    async def of(cls, hub: Running, user: str = "anna", role: Role = Role.OPERATOR) -> AsyncIterator["Api"]:
        headers = {"Authorization": f"Bearer {token(user, role)}"}
        async with httpx.AsyncClient(base_url=hub.origin + "/api", headers=headers, timeout=20) as client:
            yield cls(client)

    async def post(self, path: str, order: Any = None, *, status: int = 202) -> dict[str, Any]:
        answer = await self.client.post(path, json=order)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def give(self, to: str, **order: Any) -> str:
        return str((await self.post(f"/devices/{to}/commands", order))["id"])

    async def get(self, path: str, *, status: int = 200, **query: Any) -> dict[str, Any]:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found


def state(hub: Running, command_id: str) -> str:
    found = hub.hub.commanding.commands.ledger.get(command_id)
    return "" if found is None else found.state.value


async def known(hub: Running, name: str, root: str = "telemetry") -> None:
    await until(lambda: f"{root}/{name}" in hub.hub.node.latest)


async def connectivity(hub: Running, name: str, wanted: str) -> None:
    await until(lambda: f'"{wanted}"'.encode() in (hub.hub.node.latest.get(f"connectivity/{name}") or b""))


@asynccontextmanager
async def plug(
    directory: Path, answers: Device = tasmota, **settings: Any
) -> AsyncIterator[tuple[Running, Api, list[str]]]:
    """A hub with one plug that it knows, and anna."""
    async with (
        running(settings_for(directory, **settings)) as hub,
        Api.of(hub) as anna,
        device(hub, "cmnd/plug1/+", answers, TASMOTA) as got,
    ):
        await known(hub, "plug1")
        yield hub, anna, got


async def test_a_plug_is_switched_and_the_effect_is_the_proof(tmp_path: Path) -> None:
    async with plug(tmp_path) as (hub, anna, got), Client.connected(hub.ws_url, auth=token()) as client:
        await client.subscribe("command/#")
        given = await anna.give("plug1", **ON)
        topic = f"command/plug1/{given}"
        await client.receive_until(lambda c: any(step["state"] == "observed" for step in c.on(topic)))
        assert got == ["cmnd/plug1/POWER ON"]
        steps = client.on(topic)
        assert [step["state"] for step in steps] == ["queued", "sending", "sent", "answered", "observed"]
        evidence = steps[-1]["evidence"]
        assert evidence["sent"]["topic"] == "cmnd/plug1/POWER"
        assert evidence["answered"] == {"POWER": "ON"}
        assert evidence["observed"]["value"] == "ON"
        listed = await anna.get("/devices/plug1/commands")
        assert [command["state"] for command in listed["commands"]] == ["observed"]
        assert listed["controls"] == [{"name": "POWER", "key": "POWER", "kind": "switch", "on": "ON", "off": "OFF"}]
        life = await anna.get(f"/commands/{given}")
        assert life["command"] == listed["commands"][0]


async def test_a_dashboard_commands_by_publishing_and_a_viewer_does_not(tmp_path: Path) -> None:
    async with (
        plug(tmp_path) as (hub, _, got),
        Client.connected(hub.ws_url, auth=token()) as client,
        Client.connected(hub.ws_url, auth=token("ivan", Role.VIEWER)) as viewer,
    ):
        refused = await viewer.publish("command/plug1", {"name": "POWER", "value": "ON"})
        assert refused["error"]["name"] == "permission_denied"
        unknown = await client.publish("command/nothing", {"name": "POWER"})
        assert unknown["error"]["name"] == "not_found"
        unfit = await client.publish("command/plug1", {"value": "ON"})
        assert unfit["error"]["name"] == "invalid_data"
        await client.subscribe("command/plug1/+")
        assert (await client.publish("command/plug1", ON))["ok"]
        await client.receive_until(lambda c: any(each["data"]["state"] == "observed" for each in c.events))
        assert got == ["cmnd/plug1/POWER ON"]


async def test_what_the_device_refuses_or_does_not_do_has_failed(tmp_path: Path) -> None:
    def stubborn(topic: str, payload: bytes) -> list[tuple[str, str]]:
        return tasmota(topic, b"OFF" if topic.endswith("POWER") else payload)

    async with plug(tmp_path, stubborn) as (hub, anna, _):
        expect = {"key": "POWER", "op": "eq", "value": "ON", "within_s": 0.3}
        without_effect = await anna.give("plug1", name="POWER", value="ON", expect=expect)
        refused = await anna.give("plug1", name="Fly", value="1")
        await until(lambda: state(hub, without_effect) == state(hub, refused) == "failed")
        ledger = hub.hub.commanding.commands.ledger
        reasons = [found.reason for id_ in (without_effect, refused) if (found := ledger.get(id_))]
        assert reasons == ["no effect seen in 0.3 s", "the device refused it"]


async def test_what_the_hub_sends_itself_is_no_proof(tmp_path: Path) -> None:
    """A pump that takes commands on the topic of its state, and does nothing."""
    declared = json.dumps({"stat_t": "rig/pump", "cmd_t": "rig/pump", "dev": {"ids": ["rig"]}})
    births = [("homeassistant/switch/pump/config", declared), ("rig/pump", "OFF")]
    async with (
        running(settings_for(tmp_path)) as hub,
        Api.of(hub) as anna,
        device(hub, "rig/#", lambda _topic, _payload: [], *births) as got,
    ):
        await known(hub, "rig")
        expect = {"key": "pump", "value": "ON", "within_s": 0.5}
        given = await anna.give("rig", name="pump", value=True, expect=expect)
        await until(lambda: state(hub, given) in ("failed", "observed"))
        assert "rig/pump ON" in got
        assert state(hub, given) == "failed"
        assert b'"pump":"OFF"' in (hub.hub.node.latest.get("telemetry/rig") or b"")


async def test_a_command_to_an_offline_device_waits_until_it_is_back(tmp_path: Path) -> None:
    async with plug(tmp_path) as (hub, anna, got), aiomqtt.Client("127.0.0.1", hub.mqtt_port) as will:
        await will.publish("tele/plug1/LWT", "Offline", qos=1)
        await connectivity(hub, "plug1", "offline")
        waits = await anna.give("plug1", **ON)
        expires = await anna.give("plug1", name="POWER", value="OFF", expires_s=0.2)
        await until(lambda: state(hub, expires) == "expired")
        assert state(hub, waits) == "queued"
        assert got == []
        await will.publish("tele/plug1/LWT", "Online", qos=1)
        await until(lambda: state(hub, waits) == "observed")
        assert got == ["cmnd/plug1/POWER ON"]


async def test_a_command_is_sent_when_it_is_time_unless_somebody_takes_it_back(tmp_path: Path) -> None:
    async with plug(tmp_path) as (hub, anna, got):
        now_ms = hub.hub.commanding.commands.now_ms()
        later = await anna.give("plug1", **ON, at=now_ms + 600)
        never = await anna.give("plug1", name="POWER", value="OFF", at=now_ms + 3_600_000)
        await anna.post(f"/commands/{never}/refuse", status=200)
        assert state(hub, never) == "refused"
        await until(lambda: state(hub, later) == "observed")
        sent = hub.hub.commanding.commands.ledger.get(later)
        assert sent is not None
        assert sent.sent >= now_ms + 600
        assert got == ["cmnd/plug1/POWER ON"]
        await anna.post(f"/commands/{never}/refuse", status=409)


async def test_some_devices_need_a_second_person(tmp_path: Path) -> None:
    async with plug(tmp_path, command_approval=("plug1",)) as (hub, anna, got), Api.of(hub, "ivan") as ivan:
        given = await anna.give("plug1", **ON)
        assert state(hub, given) == "waiting"
        await anna.post(f"/commands/{given}/approve", status=403)
        approved = await ivan.post(f"/commands/{given}/approve", status=200)
        assert approved["approved_by"] == "ivan"
        await until(lambda: state(hub, given) == "observed")
        await ivan.post(f"/commands/{given}/approve", status=409)
        assert got == ["cmnd/plug1/POWER ON"]


async def test_one_command_to_several_devices_shows_its_progress(tmp_path: Path) -> None:
    def on_or_off(topic: str, payload: bytes) -> list[tuple[str, str]]:
        return [(topic.replace("cmnd", "stat"), payload.decode())]

    names = ["lamp1", "lamp2", "lamp3"]
    births = [(f"tele/{name}/STATE", '{"POWER":"OFF"}') for name in names]
    async with (
        running(settings_for(tmp_path)) as hub,
        Api.of(hub) as anna,
        device(hub, "cmnd/+/POWER", on_or_off, *births) as got,
    ):
        for name in names:
            await known(hub, name)
        given = await anna.post("/commands", {**ON, "devices": names, "rate": 20})
        assert given["total"] == 3
        await until(lambda: all(state(hub, each["id"]) == "observed" for each in given["commands"]))
        assert sorted(got) == [f"cmnd/{name}/POWER ON" for name in names]
        assert (await anna.get("/commands", bulk=given["bulk"]))["states"] == {"observed": 3}
        await anna.get("/commands", bulk="nothing", status=404)
        await anna.post("/commands", {**ON, "devices": []}, status=400)


async def test_commands_are_listed_page_by_page_and_found_when_they_are_old(tmp_path: Path) -> None:
    async with plug(tmp_path) as (hub, anna, _):
        given = [await anna.give("plug1", name="POWER", value="ON") for _ in range(5)]
        await until(lambda: all(state(hub, each) == "answered" for each in given))
        first = await anna.get("/devices/plug1/commands", limit=3)
        rest = await anna.get("/devices/plug1/commands", limit=3, before=first["next"])
        assert [each["id"] for each in first["commands"] + rest["commands"]] == sorted(given, reverse=True)
        assert rest["next"] is None
        await until(lambda: hub.hub.recorder is not None and hub.hub.recorder.position == hub.hub.node.position)
        ledger = hub.hub.commanding.commands.ledger
        ledger._closed.clear()
        ledger._open.clear()
        life = await anna.get(f"/commands/{given[0]}")
        assert life["command"]["state"] == "answered"
        assert [step["data"]["state"] for step in life["steps"]] == ["queued", "sending", "sent", "answered"]
        again = await anna.get("/devices/plug1/commands")
        assert [each["id"] for each in again["commands"]] == sorted(given, reverse=True)
        await anna.get("/commands/0000000000000", status=404)


async def test_who_is_narrowed_commands_and_sees_only_what_is_his(tmp_path: Path) -> None:
    async with plug(tmp_path) as (hub, anna, _):
        given = await anna.give("plug1", name="POWER", value="ON")
        narrowed = Identity("ivan", Role.OPERATOR, 2**40, subscribe=("telemetry/#",), publish=("command/plug2",))
        headers = {"Authorization": f"Bearer {sign(narrowed, Keys(SECRET.encode()))}"}
        async with httpx.AsyncClient(base_url=hub.origin + "/api", headers=headers, timeout=20) as client:
            his = Api(client)
            await his.post("/devices/plug1/commands", {"name": "POWER"}, status=403)
            await his.post("/commands", {"devices": ["plug2", "plug1"], "name": "POWER"}, status=403)
            await his.get(f"/commands/{given}", status=404)
            await his.get("/devices/plug1/commands", status=404)
