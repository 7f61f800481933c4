"""A load on a hub in the test's own process."""

from pathlib import Path
from typing import Any

from hub.auth import Role
from hub.bench.load import Load
from hub.bench.measurement import Measurement
from hub.bench.outcome import Outcome
from hub.bench.programs import Programs
from hub.bench.target import given_target
from tests.running import running, settings_for, token

SMALL: dict[str, Any] = {"rate": 200, "seconds": 1, "devices": 8}


async def measured(
    load: Load, tools: Programs, directory: Path, *, times: int = 1, verify: int | None = None
) -> Outcome:
    """The outcome of the last of so many measurements of a load on one hub."""
    async with running(settings_for(directory)) as hub:
        broker = f"127.0.0.1:{hub.mqtt_port}"
        target = given_target(hub.ws_url, broker=broker, token=token(role=Role.ADMIN))
        for _ in range(times):
            outcome = await Measurement(load, target, programs=tools, verify=verify).run(set_up="a test")
    return outcome


def is_running(pid: int) -> bool:
    """Whether a process is there, and more than what its parent has not yet taken note of."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"
