"""A client of Socket.IO: its connection of the engine, and what it is once it has signed in."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hub import protocol
from hub.errors import InvalidFrame
from hub.transports.conversation import Conversation
from hub.transports.guest import Guest
from hub.transports.socketio_sieve import Call, Sieve
from hub.transports.socketio_wire import SocketIoWire
from hub.transports.uvicorn_websocket import HubWebSocketProtocol


@dataclass(slots=True)
class Peer:
    """One client that has signed in; its calls are carried out one after the other."""

    wire: SocketIoWire
    conversation: Conversation
    engine_id: str
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, call: Call) -> None:
        """Carry out a call and answer it."""
        await self.conversation.drained()
        if call.problem:
            self.conversation.shut_out(InvalidFrame(call.problem))
            return
        frame_id = self.wire.expect(call.acknowledgement)
        try:
            frame = protocol.frame_of(_members(call) | {"type": call.verb, "id": frame_id})
        except InvalidFrame as error:
            self.conversation.refuse(frame_id, error)
            return
        await self.conversation.carry_out(frame)


@dataclass(slots=True)
class Line:
    """One connection of the engine, by whatever transports; `engine_id` is "" until the engine has it."""

    guest: Guest
    sieve: Sieve = field(default_factory=Sieve)
    engine_id: str = ""
    websocket: HubWebSocketProtocol | None = None


def _members(call: Call) -> dict[str, Any]:
    if not isinstance(call.argument, dict):
        raise InvalidFrame("The argument must be an object.")
    return call.argument
