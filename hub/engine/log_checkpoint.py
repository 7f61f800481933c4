"""Checkpoints of the local engine's log: what its WAL has is moved into the file beside the writer, not by it.

SQLite would do it in the commit that makes the WAL 4 MiB long: every publisher then waits 15 to 70 ms for the disk.
"""

import logging
import sqlite3
import threading
from pathlib import Path

logger = logging.getLogger(__name__)

EVERY_BYTES = 4 * 1024 * 1024
"""What the WAL grows by from one checkpoint to the next."""
MAX_WAL_BYTES = 32 * 1024 * 1024
"""A writer that never pauses never lets the WAL begin anew by itself; at this length it has to wait for that."""


class LogCheckpoint:
    """A thread with its own connection, woken by what the writer tells it. `failures` counts what SQLite refused."""

    def __init__(self, path: Path) -> None:
        self.failures = 0
        self._path = path
        self._grown_bytes = 0
        self._due = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="hub.engine.local[checkpoint]", daemon=True)

    def start(self) -> None:
        """Start the thread; the log's file is there."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; blocks until then."""
        self._stopping = True
        self._due.set()
        self._thread.join()

    def grow(self, size_bytes: int) -> None:
        """The writer has committed so much more."""
        self._grown_bytes += size_bytes
        if self._grown_bytes >= EVERY_BYTES:
            self._grown_bytes = 0
            self._due.set()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            while self._due.wait() and not self._stopping:
                self._due.clear()
                try:
                    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                    if pages * page_bytes >= MAX_WAL_BYTES:
                        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                except sqlite3.Error as error:
                    self.failures += 1
                    logger.warning("The log %s can't be checkpointed now, its WAL grows: %s.", self._path, error)
        finally:
            connection.close()
