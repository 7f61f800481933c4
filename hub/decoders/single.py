"""The topic of one value, or of one document: `…/temperature` `21.5`, `…/status` `{"brightness":80}`."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from hub.decoders.base import NO_ATTRIBUTES, NO_UNITS, Decoded, Kind
from hub.decoders.document import begins_document, load
from hub.decoders.leaves import Path
from hub.decoders.outline import Outline, Rule
from hub.decoders.words import value_of
from hub.events import Scalar


class Single:
    """Reads one topic of a device. `rule` names what is at `path`, and what is below it in a document."""

    def __init__(
        self,
        device: str,
        path: Path,
        rule: Rule,
        *,
        kind: Kind | None = None,
        attributes: Mapping[str, str] = NO_ATTRIBUTES,
    ) -> None:
        self._device = device
        self._kind = kind
        self._field = rule(path)
        self._outline = Outline(rule, under=path)
        unit = self._field.unit if self._field else None
        self._units: Mapping[str, str] = {self._field.key: unit} if self._field and unit is not None else NO_UNITS
        self._attributes = attributes

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        """What a message says; raises Malformed, Unsupported."""
        if not payload:
            return [Decoded(self._device, "removal")]
        if self._field is None:
            return [Decoded(self._device, "meta")]
        if begins_document(payload):
            data = self._outline.read(members_of(payload))
            return [self._decoded(data, self._outline.units(data))]
        value = value_of(payload)
        return [self._decoded({}, NO_UNITS) if value is None else self._decoded({self._field.key: value}, self._units)]

    def _decoded(self, data: Mapping[str, Scalar], units: Mapping[str, str]) -> Decoded:
        return Decoded(self._device, self._kind or kind_of(data), data, units, None, None, self._attributes)


def members_of(payload: bytes) -> dict[str, Any] | list[Any]:
    """The object or array of a payload that begins as one; raises Malformed."""
    return cast("dict[str, Any] | list[Any]", load(payload))


def kind_of(data: Mapping[str, Scalar]) -> Kind:
    """Telemetry where a number was measured, state where all there is are words and flags."""
    if not data:
        return "telemetry"
    return "state" if all(isinstance(value, str | bool) for value in data.values()) else "telemetry"
