"""The one thread that writes the local engine's log: whatever waits goes into one commit, nothing waits on purpose."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from hub.engine.intake import Waiting
from hub.engine.log_file import LogFile

logger = logging.getLogger(__name__)

MAX_COMMIT_BATCHES = 1000
MAX_COMMIT_BYTES = 8 * 1024 * 1024
RETRY_S = 0.1
IDLE_S = 0.5
TRIM_EVERY_BATCHES = 16
TRIM_FACTOR = 2


@dataclass(frozen=True, slots=True, eq=False)
class Ack:
    """A consumer group's new acked offset on its way to the log; `done` is for whoever takes it from `committed`."""

    group: str
    offset: int
    done: Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Committed:
    """What one commit brought: the offset of the first of the written batches, and those left out as given up."""

    first: int
    written: list[Waiting]
    left_out: list[Waiting]
    acks: list[Ack]


Item = Waiting | Ack | None


class LogWriter:
    """Takes items in their order; `committed` and `refused` are called on its thread.

    A write that fails (disk full, file locked) is tried again until it succeeds or the writer is stopped; `failures`
    counts them. The queue's bound is the Intake's. Batches whose publisher gave up before their turn are left out.
    """

    def __init__(
        self,
        log: LogFile,
        *,
        clock: Callable[[], float],
        committed: Callable[[Committed], None],
        refused: Callable[[list[Waiting]], None],
    ) -> None:
        self._log = log
        self._clock = clock
        self._committed = committed
        self._refused = refused
        self._items: SimpleQueue[Item] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub.engine.local[writer]", daemon=True)
        self._untrimmed = 0
        self._complaint = ""
        self.failures = 0

    def start(self) -> None:
        """Start the thread; the log is open."""
        self._thread.start()

    def put(self, item: Waiting | Ack) -> None:
        """Queue an item; from any thread."""
        self._items.put(item)

    def stop(self) -> None:
        """Write what waits (once more if that fails), close the log, end the thread. Blocks until then."""
        self._stopping.set()
        self._items.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            while not (self._stopping.is_set() and self._items.empty()):
                items = self._collect()
                if items:
                    self._write(items)
                if not items or self._untrimmed >= TRIM_EVERY_BATCHES:
                    self._trim()
        finally:
            self._log.close()

    def _collect(self) -> list[Waiting | Ack]:
        items: list[Waiting | Ack] = []
        size_bytes = 0
        try:
            item = self._items.get(timeout=IDLE_S)
            while True:
                if isinstance(item, Waiting):
                    size_bytes += item.size_bytes
                if item is not None:
                    items.append(item)
                if len(items) >= MAX_COMMIT_BATCHES or size_bytes >= MAX_COMMIT_BYTES:
                    break
                item = self._items.get_nowait()
        except Empty:
            pass
        return items

    def _write(self, items: list[Waiting | Ack]) -> None:
        batches = [item for item in items if isinstance(item, Waiting)]
        acks = [item for item in items if isinstance(item, Ack)]
        while True:
            wanted = [waiting for waiting in batches if not waiting.done.cancelled()]
            try:
                first = self._append(wanted, acks)
            except Exception as error:  # noqa: BLE001 - if the thread died, publishers would wait for ever unheard
                self._complain(error)
            else:
                break
            if self._stopping.wait(RETRY_S):
                self._refused(batches)
                return
        if self._complaint:
            logger.warning("The log %s takes writes again.", self._log.path)
            self._complaint = ""
        left_out = [waiting for waiting in batches if waiting not in wanted] if len(wanted) < len(batches) else []
        self._committed(Committed(first, wanted, left_out, acks))
        self._untrimmed += len(wanted)

    def _append(self, wanted: list[Waiting], acks: list[Ack]) -> int:
        return self._log.append(
            [waiting.entry for waiting in wanted],
            {ack.group: ack.offset for ack in acks},
            now_ms=int(self._clock() * 1000),
        )

    def _trim(self) -> None:
        """A few of the oldest batches, twice as many as came: it catches up, and no publish waits for long."""
        limit = TRIM_FACTOR * max(self._untrimmed, TRIM_EVERY_BATCHES)
        self._untrimmed = 0
        try:
            while self._log.trim(now_ms=int(self._clock() * 1000), limit=limit) == limit and self._items.empty():
                pass
        except sqlite3.Error as error:
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        self.failures += 1
        if str(error) != self._complaint:
            logger.error("The log %s can't be written, publishers wait: %s.", self._log.path, error)
            self._complaint = str(error)
