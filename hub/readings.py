"""The numbers of this process' parts, by the names of the metrics table."""

from collections.abc import Callable, Iterator

from hub.ingest import Ingest
from hub.node import Node
from hub.observability.metrics import Reading
from hub.recorder import Recorder


class Readings:
    """Reads counters where they are counted, at each scrape."""

    def __init__(
        self,
        node: Node,
        *,
        ingest: Callable[[], Ingest | None],
        recorder: Callable[[], Recorder | None],
    ) -> None:
        self._node = node
        self._ingest = ingest
        self._recorder = recorder

    def read(self) -> Iterator[Reading]:
        """Every counter and gauge that this process has."""
        yield from self._of_node()
        yield from self._of_allowance()
        ingest, recorder = self._ingest(), self._recorder()
        if ingest is not None:
            yield from self._of_ingest(ingest)
        if recorder is not None:
            yield "hub_recorder_events", "", recorder.written
            yield "hub_recorder_holes", "", recorder.holes
            yield "hub_recorder_failures", "", recorder.failures
            yield "hub_recorder_lag_seconds", "", recorder.lag_ms / 1000

    def _of_allowance(self) -> Iterator[Reading]:
        allowance = self._node.allowance
        for name, number in allowance.refused.items():
            yield "hub_refused", name, number
        yield "hub_connections_refused", "user", allowance.users.refused
        yield "hub_connections_refused", "address", allowance.addresses.refused
        yield "hub_connections_refused", "guests", allowance.guests.refused
        yield "hub_publishes_refused", "user", allowance.published.refused
        yield "hub_publishes_refused", "address", allowance.published_from.refused
        yield "hub_requests_refused", "", allowance.requests.refused

    def _of_node(self) -> Iterator[Reading]:
        node = self._node
        yield "hub_log_offset", "", node.position.offset
        yield "hub_sessions", "", len(node.sessions)
        yield "hub_audiences", "", len(node.fanout.audiences) - node.listeners
        yield "hub_frames", "", node.fanout.frames
        yield "hub_sessions_slow", "", len(node.fanout.slow)
        yield "hub_early_events", "", node.fanout.early
        for why, number in node.fanout.conflated.items():
            yield "hub_conflated_events", why, number
        yield "hub_gaps", "", node.gaps
        yield "hub_presence_members", "", len(node.presence)
        yield "hub_presence_failures", "", node.presence.failures
        yield "hub_presence_restarts", "", node.presence.restarts
        yield "hub_chat_rooms", "", len(node.chat.rooms)
        yield "hub_chat_markers_evicted", "", node.chat.rooms.evicted_markers
        yield "hub_typing_refused", "", node.typing.refused
        yield "hub_typing_dropped", "", node.typing.dropped
        yield "hub_typing_failures", "", node.typing.failures
        for recovered, number in node.recoveries.items():
            yield "hub_recoveries", str(recovered).lower(), number
        for reason, number in node.closed.items():
            yield "hub_sessions_closed", reason, number
        yield "hub_audience_cache_resets", "", node.fanout.audiences.cache_resets
        yield "hub_latest_evicted", "topic", node.latest.evicted_topics
        yield "hub_latest_evicted", "raw", node.latest.evicted_raw
        yield "hub_latest_evicted", "key", node.latest.evicted_keys

    def _of_ingest(self, ingest: Ingest) -> Iterator[Reading]:
        yield "hub_mqtt_connected", "", ingest.connected
        yield "hub_ingest_messages", "", ingest.messages
        yield "hub_ingest_events", "", ingest.events
        yield "hub_ingest_redelivered", "", ingest.redelivered
        for reason, number in ingest.refused.items():
            yield "hub_ingest_refused", reason, number
        yield "hub_devices_forgotten", "", ingest.devices_forgotten
