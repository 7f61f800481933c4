"""EMS-ESP: `<base>/<part>` `{"cmd":"seltemp","data":20.5,"hc":1}`, which each of its versions takes.

The form with a topic for each entity is not used: a gateway that publishes single values says them on the same topics,
and what was asked for would be taken for what is. With `send_response` on, it answers on `<base>/response`, as JSON or
as a text with the error. The answer names no command, so it is taken for that to the oldest one that waits for one.
"""

import re
from collections.abc import Mapping

import orjson

from hub.commands.command import Command
from hub.commands.wire import Answer, Control, Outgoing, Sending, Uncommandable, level, members
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_DATA = re.compile(r"([a-z]+)_data(?:_(\w+))?")
_CIRCUIT = re.compile(r"hc(\d)/(.+)")
_FAILED = b"error"
_MAX_TEXT_BYTES = 200


class EmsEspWire:
    """A name is `<part>/<entity>` (`thermostat/hc1/seltemp`), the entity's key, or a part with an object as value."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        base = from_level(command.device)
        part, _, entity = _path(level(command.name)).partition("/")
        value = command.value
        if entity:
            asked: object = {"cmd": entity, "data": value}
            circuit = _CIRCUIT.fullmatch(entity)
            if circuit is not None:
                asked = {"cmd": circuit[2], "data": value, "hc": int(circuit[1])}
        elif isinstance(value, dict):
            asked = value
        else:
            raise Uncommandable("name it by its part and entity, as in thermostat/seltemp")
        return Sending([Outgoing(f"{base}/{part}", orjson.dumps(asked))], {f"{base}/response": _answer})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - keys do not tell what is writable
        """None: keys do not tell what is writable."""
        return []


def _path(name: str) -> str:
    """A key such as `thermostat_data.hc1.seltemp` as `thermostat/hc1/seltemp`; other names as they are."""
    head, *rest = name.replace(".", "/").split("/")
    found = _DATA.fullmatch(head)
    if found is not None:
        head = found[1] if found[2] is None else f"{found[1]}/{found[2]}"
    return "/".join([head, *rest])


def _answer(payload: bytes) -> Answer:
    found = members(payload)
    if found:
        return Answer(ok=True, said=found)
    said = payload[:_MAX_TEXT_BYTES].decode("utf-8", "replace")
    return Answer(ok=_FAILED not in payload.lower(), said=said)
