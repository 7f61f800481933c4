"""Who is typing: told to the sessions on the room now, on all nodes, and never logged."""

import asyncio
import logging
from collections.abc import Callable

from hub import protocol
from hub.auth import Identity
from hub.engine.ephemeral_base import Ephemeral, Notice
from hub.errors import Unavailable
from hub.protocol import Frame
from hub.quota import Quota
from hub.session import Session

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
"""How often one session may say it."""

RETRY_S = 1.0

Check = Callable[[Identity, str], None]
"""Raises HubError where somebody may not speak on a topic now."""
Deliver = Callable[[str, str, Frame], None]
"""Gives the sessions on a topic a frame, except those of a user."""


class TypingNotices:
    """What people of this node type is told to all nodes; what is heard is delivered here while `run` runs.

    `failures` counts times that the engine could not be followed; it is tried again.
    """

    def __init__(self, ephemeral: Ephemeral, *, check: Check, deliver: Deliver) -> None:
        self.failures = 0
        self._ephemeral = ephemeral
        self._check = check
        self._deliver = deliver
        self._quota = Quota(per_s=1 / INTERVAL_S, burst=1)

    @property
    def refused(self) -> int:
        """Notices refused because they came too often."""
        return self._quota.refused

    @property
    def dropped(self) -> int:
        """Notices that found too many waiting on this node."""
        return self._ephemeral.dropped

    async def tell(self, session: Session, topic: str) -> None:
        """Somebody types in a room.

        Raises what `check` raises, TooManyRequests within INTERVAL_S of the session's last time, and Unavailable.
        """
        self._check(session.identity, topic)
        self._quota.take(str(id(session)), "typing notices", now_s=asyncio.get_running_loop().time())
        await self._ephemeral.announce(Notice(topic, {"user": session.identity.user}))

    async def run(self) -> None:
        """Follow for ever, whatever breaks."""
        while True:
            try:
                async with self._ephemeral.follow() as notices:
                    async for topic, data in notices:
                        user = str(data.get("user", ""))
                        self._deliver(topic, user, protocol.typing(topic, user))
            except Unavailable as error:
                log.info("Who is typing can't be followed and is tried again: %s", error)
            except Exception:
                log.exception("Following who is typing failed; it is tried again.")
            self.failures += 1
            await asyncio.sleep(RETRY_S)
