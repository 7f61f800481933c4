"""OwnTracks: `{"_type":"cmd","action":…}` on `owntracks/<user>/<device>/cmd`, where the app allows remote commands.

It has no answer: a location that was asked for (`reportLocation`) comes with `t` `r`.
"""

from collections.abc import Mapping

import orjson

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, Uncommandable
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level


class OwnTracksWire:
    """A name is an action (`reportLocation`, `setWaypoints`); a value, where it takes one, the object beside it."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        value = {} if command.value is None else command.value
        if not isinstance(value, dict):
            raise Uncommandable("what an action takes is an object")
        topic = f"owntracks/{from_level(command.device)}/cmd"
        asked = {**value, "_type": "cmd", "action": command.name}
        return Sending([Outgoing(topic, orjson.dumps(asked))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:  # noqa: ARG002 - actions are no readings
        """None: actions are no readings."""
        return []
