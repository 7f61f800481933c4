"""Before when values were deleted from the SQLite file because of its size; it moves on, a little at a time."""

import sqlite3

from hub.rollup_plan import MINUTE, UNITS_MS
from hub.store.pages import TELEMETRY

SHARE = 20
"""A move takes one part in so many of the time that values are there of: it is not much more than has to go."""

_UNIT = UNITS_MS[MINUTE]

_OLDEST = """
SELECT min(time) FROM (
  SELECT (SELECT min(time) FROM events WHERE events.topic = topics.id AND time >= :floor) AS time
  FROM topics WHERE topics.topic >= :first AND topics.topic < :end
)"""


class SqliteFloor:
    """Deletes nothing by itself: it says from when on (ms) values stay, so that the file has less than `keep_bytes`.

    The time is in the file's header (`user_version`, in minutes), as no rollup older than that is computed anew; it
    is never moved into the minute that goes on. 0 bytes: it stays where it is.
    """

    def __init__(self, keep_bytes: int) -> None:
        self._keep_bytes = keep_bytes
        self._over = False
        self._at: int | None = None

    @property
    def at(self) -> int | None:
        """From when on (ms) values stay; None: from the first one on."""
        return self._at

    def read(self, connection: sqlite3.Connection) -> None:
        """Look where it is."""
        (minutes,) = connection.execute("PRAGMA user_version").fetchone()
        self._at = minutes * _UNIT or None

    def used(self, used_bytes: int) -> None:
        """Take how much is used now."""
        self._over = 0 < self._keep_bytes <= used_bytes

    def move(self, connection: sqlite3.Connection, *, now_ms: int) -> None:
        """Move on where too much is used, in the caller's transaction; what was below it before is deleted by now."""
        if not self._over:
            return
        floor = self._at or 0
        asked = {"floor": floor, "first": TELEMETRY, "end": TELEMETRY[:-1] + chr(ord(TELEMETRY[-1]) + 1)}
        (oldest,) = connection.execute(_OLDEST, asked).fetchone()
        if oldest is None:
            return
        to = max(oldest + (now_ms - oldest) // SHARE, oldest + _UNIT) // _UNIT
        if floor < to * _UNIT <= now_ms:
            connection.execute(f"PRAGMA user_version = {to}")
            self._at = to * _UNIT
