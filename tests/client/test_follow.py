"""examples/follow.py runs as it is."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from hub.auth import Role
from hub.events import Batch, encode_event
from tests.running import DEADLINE_S, Running, running, settings_for, token, until
from tests.sources import ROOT


async def append(hub: Running, temperature: float) -> None:
    piece = encode_event("telemetry/kitchen", 1, {"temperature": temperature})
    await hub.hub.engine.publish(Batch.of(["telemetry/kitchen"], [1], [piece]))


async def follow(
    hub: Running, directory: Path, count: int, *, role: Role = Role.OPERATOR
) -> asyncio.subprocess.Process:
    (directory / "token").write_text(token(role=role))
    arguments = ["--url", hub.origin, "--token-file", str(directory / "token"), "--count", str(count)]
    arguments += ["--position-file", str(directory / "position")]
    argv = [sys.executable, str(ROOT / "examples" / "follow.py"), *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return await asyncio.create_subprocess_exec(*argv, stdout=PIPE, stderr=PIPE, env=environment)


async def test_it_goes_on_where_it_was_and_says_what_is_too_warm(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        await append(hub, 20)
        first = await follow(hub, tmp_path, 3)
        await until(lambda: any("telemetry/+" in session.filters for session in hub.hub.node.sessions))
        await append(hub, 31)
        await append(hub, 21)
        out, err = await asyncio.wait_for(first.communicate(), DEADLINE_S)
        assert (first.returncode, err) == (0, b"")
        values = [line for line in out.decode().splitlines() if line.startswith("telemetry/")]
        assert [line.rpartition(" ")[2] for line in values] == ["20}", "31}", "21}"]
        assert [piece for piece in hub.hub.node.latest.pieces("chat/ops") if "31 °C".encode() in piece]
        await append(hub, 22)
        out, _ = await asyncio.wait_for((await follow(hub, tmp_path, 2)).communicate(), DEADLINE_S)
        values = [line for line in out.decode().splitlines() if line.startswith("telemetry/")]
        # The loop was left with the last event in hand: the position is the one before it.
        assert [line.rpartition(" ")[2] for line in values] == ["21}", "22}"]


async def test_a_refusal_is_a_sentence(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path)) as hub:
        process = await follow(hub, tmp_path, 2, role=Role.VIEWER)
        await until(lambda: any("telemetry/+" in session.filters for session in hub.hub.node.sessions))
        await append(hub, 31)
        _, err = await asyncio.wait_for(process.communicate(), DEADLINE_S)
        assert process.returncode == 1
        assert err.count(b"\n") == 1
