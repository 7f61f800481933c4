"""WLED: `wled/<id>/g` brightness 0 to 255, `…/c` colour, `…/v` all as XML, `…/status` presence; add-ons have their own.

The bare topic `wled/<id>`, and `…/col`, `…/api`, are where commands are sent to; `wled/all` is a group. No units.
"""

import re
from collections.abc import Sequence
from functools import lru_cache, partial

from hub.decoders.base import NO_UNITS, Decode, Decoded, Kind, Knowledge, Malformed
from hub.decoders.document import read_text
from hub.decoders.identity import device_id, fits
from hub.decoders.leaves import Path
from hub.decoders.outline import Field
from hub.decoders.single import Single
from hub.decoders.words import status_of, value_of_text
from hub.events import Scalar

_ROOT = "wled"
_GROUP = "all"
_COMMANDS = frozenset(("col", "api", "command", "set", "cmd"))
_ELEMENT = re.compile(r"<([a-z]{2,3})>([^<>]{0,64})</\1>")
_MAX_XML = 4096
_MAX_ELEMENTS = 100


class Wled:
    """Lights with WLED."""

    family = "wled"
    roots = frozenset(("wled",))

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - topic decides
        """Topics below `wled`."""
        root, _, rest = topic.partition("/")
        name, *path = rest.split("/")
        if root != _ROOT or not fits(name):
            return None
        if name == _GROUP:
            return lambda _payload, _now_ms: [Decoded(None, "command")]
        device = device_id(name)
        if not path or path[-1] in _COMMANDS:
            return lambda _payload, _now_ms: [Decoded(device, "command")]
        if path == ["status"]:
            return partial(_presence, device)
        if path == ["v"]:
            return partial(_xml, device)
        kind: Kind | None = "event" if path[0] == "button" else "state" if path[0] in ("g", "c") else None
        return Single(device, tuple(path), _rule, kind=kind).decode


def _rule(path: Path) -> Field:
    return Field(".".join(path))


def _presence(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    status = status_of(payload)
    return [Decoded(device, "removal" if status is None else "presence", status=status)]


@lru_cache(maxsize=4096)
def _value(content: str) -> Scalar | None:
    return value_of_text(content.strip())


@lru_cache(maxsize=256)
def _keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """The key of each element: those that come several times are numbered."""
    seen: dict[str, int] = {}
    keys = []
    for name in names:
        number = seen[name] = seen.get(name, -1) + 1
        keys.append(f"v.{name}.{number}" if names.count(name) > 1 else f"v.{name}")
    return tuple(keys)


def _xml(device: str, payload: bytes, _now_ms: int) -> Sequence[Decoded]:
    """The whole state: one element a value."""
    text = read_text(payload)
    if "<vs>" not in text or len(text) > _MAX_XML:
        raise Malformed("no <vs> of WLED")
    names, values = [], []
    for name, content in _ELEMENT.findall(text)[:_MAX_ELEMENTS]:
        value = _value(content)
        if value is not None:
            names.append(name)
            values.append(value)
    data: dict[str, Scalar] = dict(zip(_keys(tuple(names)), values, strict=True))
    return [Decoded(device, "state", data, NO_UNITS)]
