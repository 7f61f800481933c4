"""Frigate: `frigate/<camera>/<feature>/set` with a word or number; `…/<feature>/state` shows the effect.

`…/ptz`, `…/notifications/suspend` (minutes) and `frigate/restart` are whole topics of their own.
"""

from collections.abc import Mapping

from hub.commands.command import Command
from hub.commands.wire import Control, Outgoing, Sending, level, text
from hub.decoders.base import Knowledge
from hub.events import Scalar
from hub.topics import from_level

_WHOLE = frozenset(("ptz", "restart", "suspend", "createReviewMarker"))
_STATE = ".state"


class FrigateWire:
    """A name is a feature (`detect`, `motion_threshold`), the key of its state, or the rest of a topic of its own."""

    def encode(self, command: Command, knowledge: Knowledge, *, now_ms: int) -> Sending:  # noqa: ARG002 - topics are fixed
        """See Wire."""
        name = level(command.name.removesuffix(_STATE).replace(".", "/").removesuffix("/set"))
        end = "" if name.rpartition("/")[2] in _WHOLE else "/set"
        return Sending([Outgoing(f"{from_level(command.device)}/{name}{end}", text(command.value))], {})

    def controls(self, data: Mapping[str, Scalar]) -> list[Control]:
        """Features that are on or off."""
        return [
            Control(key.removesuffix(_STATE), key, "switch", on="ON", off="OFF")
            for key, value in data.items()
            if key.endswith(_STATE) and value in ("ON", "OFF")
        ]
