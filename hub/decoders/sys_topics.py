"""What brokers say of themselves on `$SYS/#`: Mosquitto, EMQX (`$SYS/brokers/<node>/…`), others (`$SYS/<id>/…`).

The broker is the device. Mosquitto writes durations as `640136 seconds`; words of others are left as they are.
"""

from collections.abc import Sequence

from hub.decoders.base import Decode, Decoded, Kind, Knowledge, Malformed, Status
from hub.decoders.clock import moment
from hub.decoders.document import begins_document, load, read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import flatten, reading
from hub.decoders.members import is_identifier
from hub.decoders.numerals import Quantity, numeral, quantity
from hub.decoders.shared import SharedUnits

_MOSQUITTO = "broker"
_EMQX = "brokers"
_CLIENT: dict[str, Status] = {"connected": "online", "disconnected": "offline"}
_MIN_LEVELS = 3
_MIN_EMQX_LEVELS = 4


class SysTopics:
    """Brokers."""

    family = "sys"
    roots = frozenset(("$SYS",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics below `$SYS/` that name a value of a broker."""
        levels = topic.split("/")
        if levels[0] != "$SYS" or len(levels) < _MIN_LEVELS:
            return None
        at = 1
        if levels[1] == _EMQX:
            at = 2
            if len(levels) < _MIN_EMQX_LEVELS:
                return _nodes
        broker, path = levels[at], tuple(levels[at + 1 :])
        if at > 1 and len(path) > 2 and path[-3] == "clients" and path[-1] in _CLIENT and fits(path[-2]):  # noqa: PLR2004 - three levels
            return _Client(path[-2], _CLIENT[path[-1]]).decode
        return _Value(broker, ".".join(path)).decode if fits(broker) else None


def _nodes(_payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    return [Decoded(None, "meta")]


class _Client:
    """A client that the broker says has come or gone."""

    __slots__ = ("_device", "_status")

    def __init__(self, client: str, status: Status) -> None:
        self._device = device_id(client)
        self._status: Status = status

    def decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        document = load(payload) if begins_document(payload) else {}
        time = moment(document.get("ts"), now_ms) if isinstance(document, dict) else None
        return [Decoded(self._device, "presence", status=self._status, time=time)]


class _Value:
    """One value of a broker."""

    __slots__ = ("_device", "_key", "_read", "_units")

    def __init__(self, broker: str, key: str) -> None:
        self._device = device_id(broker)
        self._key = key
        self._read = quantity if broker == _MOSQUITTO else _number_or_text
        self._units = SharedUnits()

    def decode(self, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
        if begins_document(payload):
            document = load(payload)
            return [Decoded(self._device, "event", flatten(document, under=(self._key,), skip=is_identifier))]
        text = read_text(payload)
        if not text:
            return [Decoded(self._device, "removal")]
        found = self._read(text)
        value = reading(found.value)
        if value is None:
            raise Malformed("no value that a person can read")
        kind: Kind = "state" if isinstance(value, str) else "telemetry"
        units = {self._key: found.unit} if found.unit is not None else {}
        return [Decoded(self._device, kind, {self._key: value}, self._units.of(units))]


def _number_or_text(text: str) -> Quantity:
    number = numeral(text)
    return Quantity(text if number is None else number)
