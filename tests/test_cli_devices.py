"""`hub devices` against a whole hub."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiomqtt
import pytest

from hub.auth import Role
from hub.cli import main
from tests.hub_command import isolate, sentence
from tests.running import Running, running, settings_for, token, until
from tests.servers import free_port

Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    isolate(monkeypatch, tmp_path)
    async with running(settings_for(tmp_path / "hub")) as found:
        monkeypatch.setenv("HUB_URL", f"{found.origin}/")
        monkeypatch.setenv("HUB_TOKEN", token(role=Role.OPERATOR))
        async with aiomqtt.Client("127.0.0.1", found.mqtt_port) as client:
            for device in ("boiler", "hall", "plug%1"):
                await client.publish(f"devices/{device}/telemetry", '{"t":1}', qos=1)
        await until(lambda: found.hub.node.latest.get("device/plug%251") is not None)
        yield found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    async def ran(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, ["devices", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return ran


@pytest.mark.usefixtures("hub")
async def test_devices_are_listed_found_and_paged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.cli_devices.PAGE", 2)
    code, printed, errors = await run("list")
    assert (code, errors) == (0, "")
    assert [line.split("\t") for line in printed.splitlines()] == [
        ["boiler", "boiler", "online", "json", ""],
        ["hall", "hall", "online", "json", ""],
        ["plug%251", "plug%251", "online", "json", ""],
    ]
    assert [line.split("\t")[0] for line in (await run("list", "--limit", "1"))[1].splitlines()] == ["boiler"]
    assert (await run("list", "--after", "boiler"))[1].startswith("hall\t")
    entry = json.loads((await run("list", "--search", "PLUG", "--state", "online", "--json"))[1])
    assert (entry["device"], entry["data"]) == ("plug%251", {"t": 1})
    assert (await run("list", "--family", "tasmota"))[1] == ""


@pytest.mark.usefixtures("hub")
async def test_what_people_say_is_changed(run: Run) -> None:
    assert (await run("rename", "plug%251", "Fan"))[1] == "plug%251 is called Fan.\n"
    assert (await run("tag", "plug%251", "warm", "Attic"))[1] == "plug%251 has Attic, warm.\n"
    assert (await run("tag", "plug%251", "--remove", "warm"))[1] == "plug%251 has Attic.\n"
    assert "has no tag 'warm'" in (await run("tag", "plug%251", "--remove", "warm"))[2]
    shown = json.loads((await run("show", "plug%251"))[1])
    assert (shown["name"], shown["tags"]) == ("Fan", ["Attic"])
    assert (await run("list", "--tag", "Attic"))[1].split("\t")[4] == "#Attic\n"
    assert (await run("tag", "plug%251", "--remove", "Attic"))[1] == "plug%251 has no tags.\n"
    assert (await run("approve", "plug%251"))[1] == "plug%251 is approved.\n"
    assert (await run("approve", "plug%251", "--refuse"))[1] == "plug%251 is refused.\n"
    assert json.loads((await run("show", "plug%251"))[1])["approved"] is False


@pytest.mark.usefixtures("hub")
async def test_devices_are_merged_parted_and_forgotten(run: Run) -> None:
    assert (await run("merge", "boiler", "hall"))[1] == "boiler is part of hall.\n"
    assert "boiler" not in (await run("list"))[1]
    assert (await run("merge", "boiler"))[1] == "boiler stands alone.\n"
    assert "boiler" in (await run("list"))[1]
    assert (await run("forget", "boiler"))[1] == "boiler is forgotten.\n"
    assert (await run("forget", "hall", "--history"))[1] == "hall is forgotten, its history goes.\n"
    assert [line.split("\t")[0] for line in (await run("list"))[1].splitlines()] == ["plug%251"]


async def test_what_is_refused_is_said_in_a_sentence(hub: Running, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, printed, errors = await run("show", "nobody")
    assert (code, printed, errors) == (1, "", "hub: There is no device 'nobody'.\n")
    assert "Others are merged" in [await run("merge", "boiler", "hall"), await run("merge", "hall", "plug%251")][1][2]
    monkeypatch.setenv("HUB_TOKEN", token(role=Role.VIEWER))
    code, _, errors = await run("rename", "hall", "x")
    assert code == 1
    assert sentence(errors)
    code, _, errors = await run("list", "--url", f"{hub.origin}/docs?")
    assert code == 1
    assert "answers 200, and not as a hub does" in errors
    code, _, errors = await run("list", "--url", f"http://127.0.0.1:{free_port()}")
    assert (code, "does not answer" in errors) == (1, True)
    code, _, errors = await run("list", "--url", "http://a:b:c")
    assert (code, "is no address" in errors) == (1, True)
