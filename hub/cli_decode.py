"""`hub decode`."""

import io
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from hub.decoders import FAMILIES
from hub.decoders.base import Decoder
from hub.decoders.lines import decode_lines
from hub.own_decoders import load_own


def decode(source: TextIO, target: TextIO) -> None:
    """Read messages as JSON lines and write at once, for each, one line that says what it means."""
    decode_with([*load_own(), *FAMILIES], source, target, now_ms=lambda: time.time_ns() // 1_000_000)


def decode_with(families: Sequence[Decoder], source: TextIO, target: TextIO, *, now_ms: Callable[[], int]) -> None:
    """The same with these decoders."""
    for stream in (source, target):
        if isinstance(stream, io.TextIOWrapper):
            # Bytes that are no UTF-8 make one line bad, not the run; whatever the locale says, JSON is UTF-8.
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    for line in decode_lines(source, now_ms=now_ms, families=families):
        target.write(line.rstrip("\n") + "\n")
        target.flush()
