"""The audit: who signed in, changed or was refused something, as events on `system/audit/…` that only admins see."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from hub.auth import MAX_USER_CHARS
from hub.errors import HubError

log = logging.getLogger(__name__)

PREFIX = "system/audit/"
MAX_WAITING = 1000
"""Notes that wait to be put on the log; beyond it they are counted (`dropped`)."""
PAUSE_S = 1.0
"""Notes of the same event, user and object that come within it are one event, with their `count`."""

Append = Callable[[str, Mapping[str, object]], Awaitable[object]]


class Audit:
    """Takes notes at once and puts them on the log in its own time, so that nobody can flood it."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: dict[tuple[str, str, str, str], dict[str, object]] = {}
        self._some = asyncio.Event()

    def note(self, kind: str, event: str, *, user: str, about: str = "", **fields: object) -> None:
        """Note an event of a kind, which is a topic level: who did it, and to what. Never give it a secret."""
        same = (kind, event, user, about)
        before = self._waiting.get(same)
        if before is None and len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        count = 1 if before is None else int(str(before["count"])) + 1
        told = {"about": about} if about else {}
        self._waiting[same] = {"event": event, "user": _fit(user), **told, **fields, "count": count}
        self._some.set()

    def take(self) -> list[tuple[str, dict[str, object]]]:
        """Topic and data of what waits, and wait for new; `count` is there where it is not one."""
        waiting, self._waiting = self._waiting, {}
        self._some.clear()
        for data in waiting.values():
            if data["count"] == 1:
                del data["count"]
        return [(PREFIX + kind, data) for (kind, *_), data in waiting.items()]

    async def run(self, append: Append) -> None:
        """Put notes on the log for ever; what it does not take is said on standard error instead."""
        while True:
            await self._some.wait()
            for topic, data in self.take():
                try:
                    await append(topic, data)
                except HubError as error:
                    log.warning("Not on the log (%s): %s %s", error, topic, data)
            await asyncio.sleep(PAUSE_S)


def _fit(name: str) -> str:
    """A name that anybody may have typed, as it can stand in an event."""
    return name[:MAX_USER_CHARS].encode("utf-8", "replace").decode()
