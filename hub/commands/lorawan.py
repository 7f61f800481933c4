"""What a downlink has in common over LoRaWAN servers: port, whether it is to be confirmed, and the content."""

import re
from typing import Any, NamedTuple

from hub.commands.command import Command
from hub.commands.wire import Uncommandable

_NAME = re.compile(r"(?:downlink/?)?(\d{1,3})?(/confirmed)?")
MAX_PORT = 223


class Downlink(NamedTuple):
    """What goes to a device: an object for the server's codec, or bytes as base64."""

    port: int
    confirmed: bool
    content: dict[str, Any] | str


def downlink(command: Command) -> Downlink:
    """The downlink of a command named `downlink`, `<port>` or `<port>/confirmed`; raises Uncommandable."""
    found = _NAME.fullmatch(command.name)
    if found is None:
        raise Uncommandable("name it by its port, as in 10 or 10/confirmed")
    port = int(found[1] or 1)
    if not 0 < port <= MAX_PORT:
        raise Uncommandable(f"ports are 1 to {MAX_PORT}")
    if not isinstance(command.value, dict | str):
        raise Uncommandable("the value is an object for the codec, or base64 text")
    return Downlink(port, bool(found[2]), command.value)
