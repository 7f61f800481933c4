"""What Homie devices have told of their properties: unit and datatype; kept by device, then by `node.property`."""

from typing import TypedDict, cast

from hub.decoders.words import value_of_text
from hub.events import Scalar

MAX_DEVICES = 10_000
MAX_PROPERTIES = 500
"""Properties of one device that are remembered; those past it have no unit and the datatype that they look like."""
_TEXTS = frozenset(("string", "enum", "color", "datetime", "duration"))


class Property(TypedDict, total=False):
    """What was told of one property."""

    unit: str
    datatype: str


class Properties:
    """A view of the knowledge of one convention."""

    def __init__(self, knowledge: dict[str, object]) -> None:
        self._devices = cast("dict[str, dict[str, Property]]", knowledge.setdefault("properties", {}))

    def find(self, device: str, key: str) -> Property | None:
        """What is known of a property."""
        found = self._devices.get(device)
        return None if found is None else found.get(key)

    def tell(self, device: str, key: str, told: Property) -> None:
        """Keep it, with what was known before."""
        if device not in self._devices and len(self._devices) >= MAX_DEVICES:
            return
        properties = self._devices.setdefault(device, {})
        if key in properties or len(properties) < MAX_PROPERTIES:
            properties[key] = Property(**{**properties.get(key, {}), **told})

    def replace(self, device: str, told: dict[str, Property]) -> None:
        """Keep what is told of all properties of a device at once."""
        if device in self._devices or len(self._devices) < MAX_DEVICES:
            self._devices[device] = dict(list(told.items())[:MAX_PROPERTIES])

    def forget(self, device: str) -> None:
        """Drop a device."""
        self._devices.pop(device, None)


def value_by(told: Property | None, text: str) -> Scalar | None:
    """The value of a property's text: a string is not read as a number where the datatype says that it is none."""
    if told is not None and told.get("datatype") in _TEXTS:
        # With a sign before it that no number has, it stays the text that it is.
        value = value_of_text("=" + text)
        return value[1:] or None if isinstance(value, str) else None
    return value_of_text(text)
