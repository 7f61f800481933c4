"""Own messages on their way to the broker, until it has acknowledged them."""

import asyncio

from hub.errors import Unavailable

MAX_PACKET_ID = 65535


class InFlight:
    """The packet ids of one connection's unacknowledged messages, at most `limit` at a time.

    An id is taken until the broker has answered, even where nobody waits for the answer any more: used again earlier, a
    late acknowledgement of the first message would be taken for the second's.
    """

    def __init__(self, *, limit: int) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._last = 0
        self._lost = ""

    async def reserve(self) -> tuple[int, asyncio.Future[None]]:
        """A free packet id and the future of its answer; waits while all are taken, raises Unavailable when lost."""
        await self._slots.acquire()
        if self._lost:
            # Whoever waits behind this one is to learn it too.
            self._slots.release()
            raise Unavailable(self._lost)
        packet_id = self._last % MAX_PACKET_ID + 1
        while packet_id in self._answers:
            packet_id = packet_id % MAX_PACKET_ID + 1
        self._last = packet_id
        answer = asyncio.get_running_loop().create_future()
        self._answers[packet_id] = answer
        return packet_id, answer

    def settle(self, packet_id: int, *, refusal: str = "") -> None:
        """The broker has answered; nothing happens where the id is not taken."""
        answer = self._answers.pop(packet_id, None)
        if answer is None:
            return
        self._slots.release()
        if answer.done():
            return
        if refusal:
            answer.set_exception(Unavailable(refusal))
        else:
            answer.set_result(None)

    def lose(self, reason: str) -> None:
        """The connection is gone: all that wait, and all that come, get Unavailable with the reason."""
        self._lost = reason
        for packet_id in list(self._answers):
            self.settle(packet_id, refusal=reason)
        self._slots.release()
