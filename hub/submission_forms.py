"""What a body can be that a device sends by HTTP: for each media type, the conventions that read it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from hub.decoders.base import Decoder
from hub.decoders.cbor import Cbor
from hub.decoders.csv import Csv
from hub.decoders.influx import Influx
from hub.decoders.json import Json
from hub.decoders.msgpack import MessagePack
from hub.decoders.senml import SenMl
from hub.errors import UNSUPPORTED_MEDIA, HubError

DEFAULT = "application/json"
LINES = frozenset(("application/x-ndjson", "application/jsonl", "application/json-lines"))
"""Forms of which each line is a message of its own."""

_JSON: Sequence[Decoder] = (SenMl(), Json())
_SENML: Sequence[Decoder] = (SenMl(),)
_CBOR: Sequence[Decoder] = (SenMl(), Cbor())
_PACKED: Sequence[Decoder] = (MessagePack(),)
_INFLUX: Sequence[Decoder] = (Influx(),)
_CSV: Sequence[Decoder] = (Csv(),)

FORMS: Mapping[str, Sequence[Decoder]] = MappingProxyType({
    DEFAULT: _JSON,
    "text/json": _JSON,
    **dict.fromkeys(sorted(LINES), _JSON),
    "application/senml+json": _SENML,
    "application/sensml+json": _SENML,
    "application/senml+cbor": _SENML,
    "application/sensml+cbor": _SENML,
    "application/cbor": _CBOR,
    "application/msgpack": _PACKED,
    "application/x-msgpack": _PACKED,
    "application/vnd.msgpack": _PACKED,
    "text/plain": _INFLUX,
    "application/vnd.influx": _INFLUX,
    "text/csv": _CSV,
})  # fmt: skip
"""By media type (RFC 6838); `text/plain` is the line protocol, as Telegraf sends it."""


MAPPED: Mapping[str, frozenset[str]] = MappingProxyType({
    **{form: frozenset(("json",)) for form, of in FORMS.items() if of is _JSON},
    "text/plain": frozenset(("pairs", "text")),
})  # fmt: skip
"""The formats of mappings that may read a form; what is binary, or a table, no mapping reads."""


def form_of(content_type: str) -> str:
    """The form that a Content-Type names, parameters aside; raises HubError(UNSUPPORTED_MEDIA)."""
    form = content_type.partition(";")[0].strip().lower() or DEFAULT
    if form not in FORMS:
        raise HubError(f"No decoder reads {form[:60]!r}; docs/ingest.md has the list.", code=UNSUPPORTED_MEDIA)
    return form


def topic_of(form: str, device: str) -> str:
    """The topic by which decoders read a form."""
    # Lines with neither tags nor a time are told from sentences by the topic alone.
    root = "telegraf/" if FORMS[form] is _INFLUX else ""
    return root + mapped_topic_of(device)


def mapped_topic_of(device: str) -> str:
    """The topic on which the device would have said the same over MQTT, as mappings name it."""
    return f"devices/{device}/telemetry"


def messages_of(form: str, body: bytes) -> Iterator[bytes]:
    """The messages of a body, in order."""
    if form in LINES:
        yield from (line for line in body.splitlines() if line.strip())
    else:
        yield body
