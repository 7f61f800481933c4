"""The Things Stack (TTN) version 3: a downlink on `v3/<application>@<tenant>/devices/<id>/down/push`.

`down/sent` says that a gateway has it, `down/ack` that the device has; `down/failed` and `down/nack` that it failed.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from hub.commands.command import Command
from hub.commands.lorawan import downlink
from hub.commands.wire import Answer, Control, Outgoing, Read, Sending, Uncommandable, members
from hub.decoders.base import Knowledge
from hub.decoders.lorawan import places_of
from hub.events import Scalar


class ThingsStackWire:
    """A value is an object for the formatter, or base64 bytes; a name `<port>` or `<port>/confirmed`."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - no clock
        """See Wire."""
        path = places_of(knowledge.of("ttn_v3")).get(command.device)
        if path is None:
            raise Uncommandable("it has not been heard since the hub was started first; its application is not known")
        sent, mark = downlink(command), f"hub:{command.id}"
        down: dict[str, Any] = {
            "f_port": sent.port,
            "confirmed": sent.confirmed,
            "priority": "NORMAL",
            "correlation_ids": [mark],
        }
        down["frm_payload" if isinstance(sent.content, str) else "decoded_payload"] = sent.content
        done = "ack" if sent.confirmed else "sent"
        answers = {f"{path}/down/{word}": _reader(mark, ok=word == done) for word in (done, "failed", "nack")}
        return Sending([Outgoing(f"{path}/down/push", orjson.dumps({"downlinks": [down]}))], answers)

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - the formatter's own
        """None: what a device takes only its formatter knows."""
        return []


def _reader(mark: str, *, ok: bool) -> Read:
    def read(payload: bytes) -> Answer | None:
        found = members(payload)
        marks = found.get("correlation_ids")
        if not isinstance(marks, list) or mark not in marks:
            return None
        error = found.get("downlink_failed")
        return Answer(ok=ok, said={"error": error.get("error")} if isinstance(error, dict) else {})

    return read
