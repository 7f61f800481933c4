"""CBOR on any topic: objects as JSON has them; arrays on `…/cbor`."""

from hub.decoders.base import Decode, Knowledge
from hub.decoders.cbor_document import load_cbor
from hub.decoders.packed import claim_packed

_WORDS = frozenset(("cbor",))
_MAPS = range(0xA0, 0xC0)
_ARRAYS = range(0x80, 0xA0)
_SELF_DESCRIBED = b"\xd9\xd9\xf7"


class Cbor:
    """Objects and arrays in CBOR (RFC 8949)."""

    family = "cbor"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - learns nothing
        """Any topic that is not another convention's, where the payload begins as a map, an array or a marked item."""
        begins = payload[:1] and (payload[0] in _MAPS or payload[0] in _ARRAYS)
        if not begins and not payload.startswith(_SELF_DESCRIBED):
            return None
        return claim_packed(topic, payload, load=load_cbor, words=_WORDS)
