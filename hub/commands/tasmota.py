"""Tasmota: `cmnd/<topic>/<Command>` with the value as text; the answer is JSON on `stat/<topic>/RESULT`."""

import re
from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Answer, Control, Outgoing, Sending, level, members, text
from hub.decoders.base import Knowledge
from hub.decoders.tasmota_discovery import Discovered
from hub.events import Scalar
from hub.topics import from_level

_POWER = re.compile(r"POWER\d*")


class TasmotaWire:
    """Names are Tasmota's own commands: `POWER1`, `Dimmer`, `Color`; also several words of a `Backlog`."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire. Discovery tells the topics, else they are the usual ones."""
        name = level(command.name)
        device = Discovered(knowledge.of("tasmota")).of_topic(command.device)
        paths = {} if device is None else {role: path for path, role in device["paths"].items()}
        topic = from_level(command.device)
        cmnd, stat = paths.get("cmnd", f"cmnd/{topic}"), paths.get("stat", f"stat/{topic}")
        asked = _bare(name)

        def read(payload: bytes) -> Answer | None:
            found = members(payload)
            if found.get("Command") in ("Unknown", "Error"):
                return Answer(ok=False, said=found)
            return Answer(ok=True, said=found) if any(_bare(key) == asked for key in found) else None

        outgoing = Outgoing(f"{cmnd}/{name}", text(command.value))
        return Sending([outgoing], {f"{stat}/RESULT": read})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """Relays, and the dimmer."""
        found = [Control(key, key, "switch", on="ON", off="OFF") for key in data if _POWER.fullmatch(key)]
        return found + [Control(key, key, "number") for key in data if key == "Dimmer"]


def _bare(name: str) -> str:
    # A device with one relay answers POWER to POWER1.
    return name.lower().rstrip("0123456789")
