"""The local engine's log: one append-only SQLite file, and the lock that keeps it to one process."""

import fcntl
import logging
import os
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from hub.engine.log_checkpoint import MAX_WAL_BYTES, LogCheckpoint
from hub.errors import Unavailable

logger = logging.getLogger(__name__)

FORMAT = 1
BUSY_TIMEOUT_S = 0.2
OVERRUN_FACTOR = 2
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
    offset INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,       -- ms since the epoch, of this machine's clock
    total INTEGER NOT NULL,      -- bytes of all entries up to this one: the size of the log without a scan
    epoch TEXT NOT NULL,
    entry BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS acked (consumer_group TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class LogFile:
    """Appends, acks and trims; every method is for one thread at a time and may block on the disk.

    `head` is the offset of the newest batch (0: none), `acked` what each consumer group has done, `size_bytes` what the
    entries on the log sum up to, `overrun_batches` how many were trimmed although a group still needed them.
    """

    def __init__(self, path: Path, *, max_bytes: int, max_age_s: float) -> None:
        self._db: sqlite3.Connection
        self._lock: int
        self.path = path
        self.epoch = ""
        self.head = 0
        self.acked: dict[str, int] = {}
        self.overrun_batches = 0
        self._checkpoint = LogCheckpoint(path)
        self._max_bytes = max_bytes
        self._max_age_ms = int(max_age_s * 1000)
        self._total = 0
        self._trimmed = 0
        self._oldest_ms: int | None = None
        self._overrun = False

    @property
    def size_bytes(self) -> int:
        """The bytes of all entries on the log."""
        return self._total - self._trimmed

    def open(self) -> None:
        """Lock the file and go on where it ends; raises Unavailable naming the file where that can't be done."""
        self._lock = _lock(self.path)
        try:
            self._db = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA journal_size_limit={MAX_WAL_BYTES}")
            self._db.execute("PRAGMA wal_autocheckpoint=0")  # see log_checkpoint
            self._check_format()
            self._begin_life()
            self._load()
            self._checkpoint.start()
        except sqlite3.Error as error:
            os.close(self._lock)
            raise Unavailable(f"The log {self.path} can't be opened: {error}.") from error

    def close(self) -> None:
        """Say in the file that nothing was lost, and give it free."""
        self._checkpoint.stop()
        try:
            self._write_synced([("clean", "1")])
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            logger.warning("The log %s was not closed cleanly: %s.", self.path, error)
        finally:
            self._db.close()
            os.close(self._lock)

    def append(self, entries: Sequence[bytes], acks: Mapping[str, int], *, now_ms: int) -> int:
        """Write all in one commit and give the offset of the first entry; raises sqlite3.Error, then none is there."""
        rows, total = [], self._total
        for offset, entry in enumerate(entries, self.head + 1):
            total += len(entry)
            rows.append((offset, now_ms, total, self.epoch, entry))
        self._transact(rows, acks)
        self._checkpoint.grow(total - self._total)
        first, self.head, self._total = self.head + 1, self.head + len(rows), total
        self.acked.update(acks)
        if self._oldest_ms is None and rows:
            self._oldest_ms = now_ms
        return first

    def _transact(self, rows: Sequence[tuple[int, int, int, str, bytes]], acks: Mapping[str, int]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("INSERT INTO batch VALUES (?, ?, ?, ?, ?)", rows)
            self._db.executemany("INSERT OR REPLACE INTO acked VALUES (?, ?)", list(acks.items()))
            self._db.execute("COMMIT")
        except sqlite3.Error:
            self._rollback()
            raise

    def trim(self, *, now_ms: int, limit: int) -> int:
        """Take away at most `limit` of the oldest batches that are too old or too much, and give their number.

        What a group has not acked stays until the log has twice its bytes; the newest batch always stays.
        """
        if not self._is_due(self._oldest_ms, self.size_bytes, now_ms):
            self._overrun = False
            return 0
        floor = min(self.acked.values(), default=self.head)
        rows = self._db.execute(
            "SELECT offset, time, total FROM batch ORDER BY offset LIMIT ?", (limit + 1,)
        ).fetchall()
        gone, overrun = 0, 0
        trimmed = self._trimmed
        for offset, time, total in rows[:limit]:
            size = self._total - trimmed
            if offset >= self.head or not self._is_due(time, size, now_ms):
                break
            if offset > floor:
                if size <= OVERRUN_FACTOR * self._max_bytes:
                    break
                overrun += 1
            gone, trimmed = gone + 1, total
        if gone:
            self._db.execute("DELETE FROM batch WHERE offset <= ?", (rows[gone - 1][0],))
            self._trimmed = trimmed
            self._oldest_ms = rows[gone][1] if gone < len(rows) else None
        self._count_overrun(overrun)
        return gone

    def _is_due(self, oldest_ms: int | None, size_bytes: int, now_ms: int) -> bool:
        return oldest_ms is not None and (size_bytes > self._max_bytes or oldest_ms < now_ms - self._max_age_ms)

    def _count_overrun(self, overrun: int) -> None:
        self.overrun_batches += overrun
        if overrun and not self._overrun:
            slowest = min(self.acked, key=self.acked.__getitem__)
            logger.error(
                "The log %s is over twice its %d bytes: batches are trimmed that consumer group %r has not acked.",
                self.path,
                self._max_bytes,
                slowest,
            )
            self._overrun = True

    def _check_format(self) -> None:
        (found,) = self._db.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            raise sqlite3.DatabaseError(f"it has format {found}, this hub knows {FORMAT}")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version={FORMAT}")

    def _begin_life(self) -> None:
        meta = dict(self._db.execute("SELECT name, value FROM meta"))
        boot = _boot_id()
        # synchronous=NORMAL loses the last commits when the machine (not the process) dies: what was acknowledged as
        # offset n may be gone, and n may not name another batch.
        lost = meta.get("clean") != "1" and (meta.get("boot") != boot or not boot)
        if "epoch" not in meta or lost:
            meta["epoch"] = secrets.token_hex(6)
        self._write_synced([("epoch", meta["epoch"]), ("boot", boot), ("clean", "0")])
        self.epoch = meta["epoch"]

    def _write_synced(self, meta: Sequence[tuple[str, str]]) -> None:
        """Write it so that not even a power loss takes it back."""
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta)
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA synchronous=NORMAL")

    def _load(self) -> None:
        self.acked = dict(self._db.execute("SELECT consumer_group, offset FROM acked"))
        newest = self._db.execute("SELECT offset, total FROM batch ORDER BY offset DESC LIMIT 1").fetchone()
        if newest is None:
            return
        self.head, self._total = newest
        self._oldest_ms, self._trimmed = self._db.execute(
            "SELECT time, total - length(entry) FROM batch ORDER BY offset LIMIT 1"
        ).fetchone()

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _lock(path: Path) -> int:
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"The log {path} can't be opened: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise Unavailable(
            f"The log {path} is in use: the local engine is for one process. "
            "Stop the other one, give this one its own directory, or use the redis engine for several."
        ) from None
    return lock
