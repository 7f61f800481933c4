"""A damaged SQLite file: found when the hub starts, kept aside whole, and said loudly."""

import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

log = logging.getLogger(__name__)

CHECKED_BYTES = 256 * 1024 * 1024
"""A larger file is not read as a whole, which would keep the hub from starting for seconds."""

OPENING_TIMEOUT_S = 10.0
_BESIDE = ("", "-wal", "-shm")
_DAMAGED = ("malformed", "not a database", "disk image")


def damage(path: Path) -> str | None:
    """What is wrong with a file that is there; None where nothing is, or it can't be told now."""
    if not path.exists() or not path.stat().st_size:
        return None
    try:
        with closing(sqlite3.connect(path, timeout=OPENING_TIMEOUT_S)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in tables:
                connection.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchall()  # noqa: S608 - a name of the file's
            if path.stat().st_size <= CHECKED_BYTES:
                (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                return None if found == "ok" else str(found).replace("\n", " ")
    except sqlite3.DatabaseError as error:
        # Locked, or not readable: whoever opens it next says so.
        return str(error) if any(word in str(error) for word in _DAMAGED) else None
    return None


def set_aside_damaged(path: Path) -> Path | None:
    """Where the file went, if it was damaged; the hub makes a new one then."""
    found = damage(path)
    if found is None:
        return None
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    for end in _BESIDE:
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(aside.with_name(aside.name + end))
    log.critical(
        "%s is damaged (%s). It was kept as %s; history, users, API keys and tickets begin anew in an empty file. "
        "What is still on the event log is recorded again; `sqlite3 %s .recover` may save more.",
        path,
        found,
        aside,
        aside,
    )
    return aside
