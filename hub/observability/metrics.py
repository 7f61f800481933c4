"""What Prometheus reads at `/metrics`: every name in one table; counters are read where they are counted."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0)


class Name(NamedTuple):
    """A line of the table: what is measured, how, and the label that its values differ by ('' for none)."""

    name: str
    kind: Literal["counter", "gauge", "seconds", "sizes"]
    help: str
    label: str = ""


METRICS = (
    Name("hub_mqtt_connected", "gauge", "1 while the hub is subscribed at the broker."),
    Name("hub_ingest_messages", "counter", "MQTT messages taken from the broker."),
    Name("hub_ingest_events", "counter", "Events appended to the log by ingest."),
    Name("hub_ingest_redelivered", "counter", "Messages the broker sent again and the log had already."),
    Name("hub_ingest_refused", "counter", "Messages that went to raw/… instead of telemetry.", "reason"),
    Name("hub_ingest_batch_messages", "sizes", "Messages in one batch of ingest."),
    Name("hub_ingest_seconds", "seconds", "From a batch's arrival until the log has it."),
    Name("hub_mappings", "gauge", "Mappings that this process reads topics by."),
    Name("hub_own_decoder_failures", "counter", "Mistakes of decoders of one's own.", "family"),
    Name("hub_inbox_shapes", "gauge", "Topic shapes in the inbox of what was not understood."),
    Name("hub_inbox_evicted", "counter", "Shapes dropped from the inbox because it is full."),
    Name("hub_inbox_skipped", "counter", "Messages that the inbox did not look at because there were too many."),
    Name("hub_devices", "gauge", "Devices that this process has heard of."),
    Name("hub_devices_waiting", "gauge", "Devices that wait in quarantine to be approved."),
    Name("hub_quarantine_messages", "counter", "Messages held back of devices that are not approved."),
    Name("hub_quarantine_dropped", "counter", "Devices dropped from quarantine because it is full."),
    Name("hub_devices_forgotten", "counter", "Devices dropped from ingest's memory because it is full."),
    Name("hub_family_requests", "counter", "Messages that a family of devices expects of a server.", "family"),
    Name("hub_family_requests_failed", "counter", "Such messages that were not sent.", "why"),
    Name("hub_http_ingest_requests", "counter", "Requests of devices that send by HTTP.", "outcome"),
    Name("hub_http_ingest_keys_forgotten", "counter", "Idempotency keys dropped because there are too many."),
    Name("hub_log_offset", "gauge", "Offset of the newest batch this node has seen."),
    Name("hub_sessions", "gauge", "Sessions open on this node."),
    Name("hub_audiences", "gauge", "Different sets of filters among them."),
    Name("hub_frames", "counter", "Frames handed to sessions."),
    Name("hub_flush_seconds", "seconds", "Time to hand one batch to all its sessions."),
    Name("hub_recoveries", "counter", "Sessions that came back with a position.", "recovered"),
    Name("hub_sessions_slow", "gauge", "Sessions whose wire is slow: telemetry is conflated for them."),
    Name("hub_conflated_events", "counter", "Events that clients got merged with others of their topic.", "why"),
    Name("hub_gaps", "counter", "Times the live end of the log broke and could not be made whole."),
    Name("hub_sessions_closed", "counter", "Sessions ended by the hub; `slow`: too much waited for them.", "reason"),
    Name("hub_refused", "counter", "Connections, requests and frames refused, by the name of the error.", "error"),
    Name("hub_connections_refused", "counter", "Connections over the limit of a user, address, or guests.", "of"),
    Name("hub_publishes_refused", "counter", "Messages refused because a user or an address sent too many.", "of"),
    Name("hub_requests_refused", "counter", "Frames refused because a connection sent too many."),
    Name("hub_sign_ins_refused", "counter", "Sign-ins refused: too many failed, or too many at a time.", "reason"),
    Name("hub_early_events", "counter", "Events sent before `max_rate` allows it because too many waited."),
    Name("hub_audience_cache_resets", "counter", "Times the cache of audiences by topic was full."),
    Name("hub_latest_evicted", "counter", "Dropped from the snapshot because it is full.", "what"),
    Name("hub_presence_members", "gauge", "Users on topics by sessions of this node; one on two topics counts twice."),
    Name("hub_presence_failures", "counter", "Times that presence could not be told to the engine and was told again."),
    Name("hub_presence_restarts", "counter", "Times that the engine had forgotten who is on this node."),
    Name("hub_chat_rooms", "gauge", "Chat rooms, archived ones too."),
    Name("hub_chat_markers_evicted", "counter", "Read markers dropped because there are too many."),
    Name("hub_typing_refused", "counter", "Notices of typing refused because a session sent too many."),
    Name("hub_typing_dropped", "counter", "Notices of typing that found too many waiting."),
    Name("hub_typing_failures", "counter", "Times that notices of typing could not be followed and were tried again."),
    Name("hub_commands_open", "gauge", "Commands that something may still come of."),
    Name("hub_command_steps", "counter", "Steps of commands, by the state they led to.", "state"),
    Name("hub_command_steps_ignored", "counter", "Steps that came too late: another process had made one already."),
    Name("hub_commands_forgotten", "counter", "Finished commands that are only in the store any more."),
    Name("hub_twins", "gauge", "Devices of which something is desired."),
    Name("hub_twins_apart", "gauge", "Devices among them that do not report all of it."),
    Name("hub_twin_commands", "counter", "Commands given to bring devices to what is desired."),
    Name("hub_audit_dropped", "counter", "Notes of the audit that found too many waiting."),
    Name("hub_public_key_failures", "counter", "Times the public keys of tokens could not be fetched.", "of"),
    Name("hub_recorder_events", "counter", "Events written to the store."),
    Name("hub_recorder_failures", "counter", "Writes to the store that failed and were tried again."),
    Name("hub_recorder_holes", "counter", "Holes in history that the log could not fill."),
    Name("hub_recorder_lag_seconds", "gauge", "Age of the newest event written while others wait; 0 when none does."),
    Name(
        "hub_store_failures", "counter", "Times new events or rollups could not be brought to their place in history."
    ),
    Name(
        "hub_store_refused", "counter", "Events with values that were not kept because HUB_HISTORY_MAX_BYTES is used."
    ),
    Name("hub_store_rollups", "counter", "Rollups computed."),
    Name("hub_store_trimmed", "counter", "Events deleted because of their age or the size of the file."),
)

Reading = tuple[str, str, float]
"""Metric, value of its label, and the number now."""


class Metrics:
    """The metrics of one process. Histograms are observed once per batch; everything else is asked for at scrape."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._sources: list[Callable[[], Iterable[Reading]]] = []
        self._histograms = {
            metric.name: Histogram(
                metric.name,
                metric.help,
                registry=self._registry,
                buckets=SECONDS if metric.kind == "seconds" else SIZES,
            )
            for metric in METRICS
            if metric.kind in {"seconds", "sizes"}
        }
        self._registry.register(_Counted(self._sources))

    def observe(self, name: str) -> Callable[[float], None]:
        """The function that puts one observation into a histogram of the table."""
        return self._histograms[name].observe

    def add_source(self, source: Callable[[], Iterable[Reading]]) -> None:
        """Ask this function at each scrape; every metric it names must be in the table."""
        self._sources.append(source)

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self._registry)


class _Counted(Collector):
    def __init__(self, sources: list[Callable[[], Iterable[Reading]]]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        labels: dict[str, str] = {}
        for metric in METRICS:
            if metric.kind in {"counter", "gauge"}:
                family = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                families[metric.name] = family(metric.name, metric.help, labels=[metric.label] if metric.label else [])
                labels[metric.name] = metric.label
        for source in self._sources:
            for name, label, number in source():
                families[name].add_metric([label] if labels[name] else [], number)
        yield from families.values()
