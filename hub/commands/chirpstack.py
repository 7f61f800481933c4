"""ChirpStack: a downlink on `application/<id>/device/<DevEUI>/command/down`.

It goes to the device's queue there; `event/txack` says that a gateway has sent it, `event/ack` that the device has it.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import orjson

from hub.commands.command import Command
from hub.commands.lorawan import downlink
from hub.commands.wire import Answer, Control, Outgoing, Sending, Uncommandable, members
from hub.decoders.base import Knowledge
from hub.decoders.lorawan import places_of
from hub.events import Scalar

_SPACE = UUID("6f1d6f0e-5d2b-4a52-9a3c-6a8f0c4f1d77")
"""Any fixed one: ChirpStack wants UUIDs as ids of downlinks, and the same command must have the same."""


class ChirpStackWire:
    """A value is an object for the codec, or base64 bytes; a name `<port>` or `<port>/confirmed`."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        path = places_of(knowledge.of("chirpstack")).get(command.device)
        if path is None:
            raise Uncommandable("it has not been heard since the hub was started first; its application is not known")
        sent = downlink(command)
        down: dict[str, Any] = {
            "id": str(uuid5(_SPACE, command.id)),
            "devEui": command.device,
            "confirmed": sent.confirmed,
            "fPort": sent.port,
        }
        down["data" if isinstance(sent.content, str) else "object"] = sent.content

        def read(payload: bytes) -> Answer | None:
            found = members(payload)
            if found.get("queueItemId") != down["id"]:
                return None
            return Answer(ok=found.get("acknowledged", True) is True, said=_short(found))

        answers = {f"{path}/event/ack": read} if sent.confirmed else {f"{path}/event/txack": read}
        return Sending([Outgoing(f"{path}/command/down", orjson.dumps(down))], answers)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - the codec's own
        """None: what a device takes only its codec knows."""
        return []


def _short(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("acknowledged", "fCntDown", "gatewayId", "queueItemId") if name in found}
