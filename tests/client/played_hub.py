"""A hub that is played by a test, at the other end of an exchange; and subscribers that write down what they get."""

import json
from typing import Any

from hub.client.changes import Change
from hub.client.exchange import Exchange
from hub.client.inbox import Inbox
from hub.client.interest import Interest


def event(topic: str, time: int = 1, **data: object) -> dict[str, Any]:
    return {"topic": topic, "time": time, "data": data}


class PlayedHub:
    """Says what it is told to, and keeps what the client sent and told."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.changes: list[Change] = []
        self.exchange = Exchange(tell=self.changes.append)
        self._unanswered: list[dict[str, Any]] = []

    def open(self, token: str | None = None) -> None:
        self.exchange.opened(token, now_s=self.now_s)

    def lose(self) -> None:
        self.exchange.lost()
        self._unanswered = []

    def reopen(self) -> None:
        """The link breaks and comes back."""
        self.lose()
        self.changes.clear()
        self.open()

    def sent(self) -> list[dict[str, Any]]:
        """Frames that were sent since the last call, without their ids."""
        frames: list[dict[str, Any]] = [json.loads(payload) for payload in self.exchange.take_outgoing()]
        self._unanswered += frames
        return [{name: value for name, value in frame.items() if name != "id"} for frame in frames]

    def say(self, frame: dict[str, Any] | str) -> None:
        payload = frame if isinstance(frame, str) else json.dumps(frame)
        self.exchange.received(payload, now_s=self.now_s)

    def reply(self, **fields: Any) -> dict[str, Any]:
        """Answer the next frame that has no answer; gives the frame without its id."""
        frame_id, frame = self._next()
        self.say({"type": "reply", "id": frame_id, "ok": True, **fields})
        return frame

    def refuse(self, code: int, name: str, message: str = "no") -> dict[str, Any]:
        frame_id, frame = self._next()
        error = {"code": code, "name": name, "message": message}
        self.say({"type": "reply", "id": frame_id, "ok": False, "error": error})
        return frame

    def _next(self) -> tuple[int, dict[str, Any]]:
        self.sent()
        frame = self._unanswered.pop(0)
        return frame.pop("id"), frame

    def events(self, position: str, *events: dict[str, Any], **marks: Any) -> None:
        self.say({"type": "events", "position": position, **marks, "events": list(events)})

    def heartbeat(self, position: str, lag_ms: float = 0) -> None:
        self.say({"type": "heartbeat", "position": position, "lag_ms": lag_ms})

    def take_changes(self) -> list[Change]:
        taken = self.changes.copy()
        self.changes.clear()
        return taken


class Reader:
    """Writes down what it gets: `live` or `snapshot`, position and topics of each batch, and gaps."""

    def __init__(self, hub: PlayedHub, *filters: str, snapshot: bool = False, since: str | None = None) -> None:
        self.hub = hub
        self.inbox = Inbox()
        self.interest = Interest(filters, snapshot=snapshot, since=since, inbox=self.inbox)
        hub.exchange.subscribe(self.interest, now_s=hub.now_s)

    @property
    def state(self) -> str:
        return self.interest.state.value

    def close(self) -> None:
        self.hub.exchange.unsubscribe(self.interest, now_s=self.hub.now_s)

    def take(self) -> list[str]:
        got = []
        while (batch := self.inbox.take()) is not None:
            kind = "snapshot" if batch.snapshot else "live"
            topics = " ".join(each.topic for each in batch.events)
            got.append("gap" if batch.gap else f"{kind} {batch.position}: {topics}")
        return got


def loaded(hub: PlayedHub, *filters: str, position: str) -> Reader:
    """A reader that has got all it is due at its begin, up to the position."""
    reader = Reader(hub, *filters, snapshot=True)
    hub.reply(position=position)
    hub.events(position, snapshot=True)
    reader.take()
    hub.sent()
    return reader
