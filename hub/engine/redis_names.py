"""What the redis engine's log is made of, in Redis."""

from importlib.resources import files
from typing import NamedTuple

from hub.events import Batch, Position


class Names:
    """Keys and channels of one shard; they share a hash tag, so that a cluster keeps them on one node."""

    def __init__(self, prefix: str, producer: str) -> None:
        shard = f"{{{prefix}:0}}"
        self.log = f"{shard}:log"
        self.stream = f"{shard}:stream"
        self.index = f"{shard}:index"
        self.producer = f"{shard}:producer:{producer}"
        self.presence = f"{shard}:presence"
        self.channel = f"{shard}:live"
        self.notices = f"{shard}:notices"


class Entry(NamedTuple):
    """An entry of the stream; `batch` is None where only its id is left."""

    offset: int
    batch: Batch | None

    @classmethod
    def of(cls, entry_id: bytes, fields: dict[bytes, bytes] | None) -> "Entry":
        """The entry of what XRANGE and its relatives answer."""
        offset = int(entry_id.partition(b"-")[0])
        if not fields:
            return cls(offset, None)
        return cls(offset, Batch.decode(fields[b"b"], Position(fields[b"e"].decode(), offset)))


def script(*names: str) -> str:
    """The source of a Lua script: files of this package, one after the other."""
    package = files("hub.engine")
    return "".join((package / f"{name}.lua").read_text() for name in names)
