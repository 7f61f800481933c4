"""Valetudo, the vacuum robot's own server: `valetudo/<id>/<Capability or Attribute>/<property>`, described as Homie.

Homie's attributes (`$state`, `$unit` …) come on the robot's own topics. Maps are no readings. Older versions send one
JSON on `state` and `attributes`. Units are those that the robot or its documentation states.
"""

from collections.abc import Sequence
from functools import partial

from hub.decoders.base import Decode, Decoded, Knowledge
from hub.decoders.document import begins_document
from hub.decoders.homie import claim_below
from hub.decoders.homie_properties import Properties
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.outline import Field
from hub.decoders.single import Single

_ROOT = "valetudo"
_UNITS = {
    "BatteryStateAttribute.level": "%",
    "CurrentStatisticsCapability.area": "cm²",
    "CurrentStatisticsCapability.time": "s",
    "TotalStatisticsCapability.area": "cm²",
    "TotalStatisticsCapability.time": "s",
    "WifiConfigurationCapability.signal": "dBm",
    "battery_level": "%",
}
_COMMANDS = frozenset(("set", "command", "set_fan_speed", "custom_command"))
_ONE_LEVEL = 2


class Valetudo:
    """Vacuum robots with Valetudo."""

    family = "valetudo"
    roots = frozenset(("valetudo",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        """All topics below `valetudo`."""
        root, _, rest = topic.partition("/")
        levels = rest.split("/")
        if root != _ROOT or len(levels) < _ONE_LEVEL or not fits(levels[0]):
            return None
        device = device_id(levels[0])
        if levels[-1] in _COMMANDS:
            return partial(_told_command, device)
        if (levels[1] == "MapData" and "$" not in rest) or levels[1] in ("map_data", "map"):
            return partial(_map, device)
        path = tuple(levels[1:])
        if "$" not in rest and (begins_document(payload) or len(path) == 1):
            return Single(device, path, _rule).decode
        return claim_below(rest, Properties(knowledge.of(self.family)), usual_unit=_UNITS.get)


def _rule(path: Path) -> Field | None:
    if path[-1].startswith("last_") or path[-1] == "id":
        return None
    key = ".".join(path)
    return Field(key, _UNITS.get(key) or _UNITS.get(path[-1]), numeric=True)


def _told_command(device: str, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(device, "command")]


def _map(device: str, _payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """Pictures and deflated maps, names of rooms: nothing to measure."""
    return [Decoded(device, "meta")]
