"""What a topic's first message says of other topics: they are to be claimed anew."""

from collections.abc import Sequence

from hub.decoders.base import Decode, Decoded


def announcing(decode: Decode, *, below: str) -> Decode:
    """The same decoder, whose messages reset what is claimed below a topic; the first one does away with this, too."""

    def announce(payload: bytes, now_ms: int) -> Sequence[Decoded]:
        told = decode(payload, now_ms)
        told[0].reset = (below,)
        return told

    return announce
