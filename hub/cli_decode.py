"""`hub decode`."""

import io
import time
from typing import TextIO

from hub.decoders.lines import decode_lines


def decode(source: TextIO, target: TextIO) -> None:
    """Read messages as JSON lines and write at once, for each, one line that says what it means."""
    for stream in (source, target):
        if isinstance(stream, io.TextIOWrapper):
            # Bytes that are no UTF-8 make one line bad, not the run; whatever the locale says, JSON is UTF-8.
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    for line in decode_lines(source, now_ms=lambda: time.time_ns() // 1_000_000):
        target.write(line.rstrip("\n") + "\n")
        target.flush()
