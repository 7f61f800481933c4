"""Twins as the node's latest events have them, and what people want of devices put on the log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from hub.auth import Identity
from hub.engine.base import Engine
from hub.errors import CONFLICT, INVALID_DATA, NOT_FOUND, HubError
from hub.events import Batch, Position, Scalar, decode_event, encode_event
from hub.node import PUBLISH_TIMEOUT_S, Node
from hub.twin import PREFIX, Twin, twin_of

TRIES = 5
"""Times that a change without a version is made anew because others changed the twin at the same moment."""


class Twins:
    """All twins. `source` is what this process is called in the batches of its own: see `Batch`."""

    def __init__(self, node: Node, *, engine: Engine, now_ms: Callable[[], int], source: str) -> None:
        self.node = node
        self.source = source
        self.now_ms = now_ms
        self._engine = engine

    def devices(self) -> list[str]:
        """Those of which something is or was desired."""
        return [topic.removeprefix(PREFIX) for topic in self.node.latest.topics([f"{PREFIX}+"])]

    def told(self, device: str) -> Twin:
        """The twin as its last event has it."""
        return twin_of(self.node.latest.get(PREFIX + device))

    def now(self, device: str) -> Twin:
        """The same, with what the device reports now."""
        return self.told(device).reporting(self.reported(device), now_ms=self.now_ms())

    def reported(self, device: str) -> dict[str, Scalar]:
        """All that a device reports: its attributes, and the latest of its telemetry before them."""
        attributes = self.data(f"device/{device}").get("attributes")
        values = self.data(f"telemetry/{device}")
        return {**(attributes if isinstance(attributes, dict) else {}), **cast("dict[str, Scalar]", values)}

    def data(self, topic: str) -> dict[str, Any]:
        """The data of the latest event of a topic; empty where there is none."""
        piece = self.node.latest.get(topic)
        data = {} if piece is None else decode_event(piece)["data"]
        return data if isinstance(data, dict) else {}

    def knows(self, device: str) -> bool:
        """Whether anybody has heard of the device."""
        latest = self.node.latest
        return any(f"{root}/{device}" in latest for root in ("device", "telemetry", "connectivity"))

    async def change(self, by: Identity, device: str, patch: object, *, version: int | None = None) -> Twin:
        """Change what is desired by a merge patch, of this version where one is given; returns when it counts.

        Raises HubError: NOT_FOUND, INVALID_DATA, LIMIT_EXCEEDED, CONFLICT; Unavailable.
        """
        twin, _ = await self._change(by, device, patch, version=version)
        return twin

    async def publish(self, by: Identity, topic: str, data: Mapping[str, Any]) -> Position:
        """Do what somebody publishes on `twin/<device>`, where the role allows it (see `Node.publish`).

        `desired` is the merge patch, `version` the one that is to be changed. The same errors.
        """
        version = data.get("version")
        if "desired" not in data or not data.keys() <= {"desired", "version"} or type(version) not in {int, type(None)}:
            raise HubError("A twin takes `desired`, and the `version` that is changed.", code=INVALID_DATA)
        _, position = await self._change(by, topic.removeprefix(PREFIX), data["desired"], version=version)
        return position

    async def _change(self, by: Identity, device: str, patch: object, *, version: int | None) -> tuple[Twin, Position]:
        await self.node.ready.wait()
        for _ in range(TRIES):
            if not self.knows(device):
                raise HubError(f"There is no device {device[:80]!r}.", code=NOT_FOUND)
            before, now_ms = self.told(device), self.now_ms()
            if version is not None and version != before.version:
                raise HubError(f"The twin has changed; its version is {before.version} now.", code=CONFLICT)
            after = before.changed(patch, by=by.user, now_ms=now_ms)
            if after is before:
                return before, self.node.position
            after = after.reporting(self.reported(device), now_ms=now_ms)
            position = await self.put([(device, after)])
            holds = self.told(device)
            if holds.version == after.version and holds.follows(after):
                return after, position
        raise HubError("Others changed the twin at the same moment; try again.", code=CONFLICT)

    async def put(self, twins: Iterable[tuple[str, Twin]]) -> Position:
        """Put events of twins on the log, and wait for them here; raises Unavailable."""
        topics: list[str] = []
        pieces: list[bytes] = []
        now_ms = self.now_ms()
        for device, twin in twins:
            topics.append(PREFIX + device)
            pieces.append(encode_event(topics[-1], now_ms, twin.shown()))
        times: Sequence[int] = [now_ms] * len(topics)
        batch = Batch.of(topics, times, pieces, source=self.source)
        position = await self._engine.publish(batch, timeout_s=PUBLISH_TIMEOUT_S)
        await self.node.chat.reach(position)
        return position
