"""What people have said by mappings, see hub.mapping: asked before all conventions."""

from hub.decoders.base import Decode, Knowledge
from hub.mappings import Mappings


class Mapped:
    """The topics that mappings select. When they change, what is claimed is to be claimed anew."""

    family = "mapping"

    def __init__(self, mappings: Mappings) -> None:
        self._mappings = mappings

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:  # noqa: ARG002 - the protocol's
        """Any topic that a mapping selects, whatever its payload."""
        return self._mappings.decode_of(topic)
