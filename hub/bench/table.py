"""Outcomes as text: a Markdown table that is also aligned, and below it what needs a sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from hub.bench.outcome import Outcome

COLUMNS = (
    "load",
    "set-up",
    "published",
    "delivered",
    "complete",
    "lost",
    "twice",
    "out of order",
    "p50 ms",
    "p90",
    "p99",
    "p99.9",
    "max",
    "deliveries/s",
    "CPU s: hub",
    "others",
    "load generator",
    "hub MB",
    "received MB",
)
TEXTS = 2
"""So many columns are text; the others are numbers, which end at the right."""
NOTHING = "-"
MEGA = 1_000_000
KILO = 1_000


def table(outcomes: Sequence[Outcome]) -> str:
    """The table and its sentences."""
    rows = [COLUMNS, *(tuple(_row(outcome)) for outcome in outcomes)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(map(_aligned, row, widths, range(len(row)))) + " |" for row in rows]
    lines.insert(1, "|" + "|".join(map(_rule, widths, range(len(widths)))) + "|")
    sentences = [f"{outcome.load.title} ({outcome.set_up}): {said}" for outcome in outcomes for said in _notes(outcome)]
    return "\n".join([*lines, "", *sentences, *_comparison(outcomes)]) + "\n"


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < TEXTS else cell.rjust(width)


def _rule(width: int, column: int) -> str:
    return "-" * (width + 2) if column < TEXTS else "-" * (width + 1) + ":"


def _row(outcome: Outcome) -> Iterator[str]:
    got, used = outcome.received, dict(outcome.cpu_s)
    hub_s = used.pop("hub", None)
    yield from (outcome.load.title, outcome.set_up)
    if outcome.load.messages:
        yield from (f"{outcome.published.messages:,}", f"{got.delivered:,}", "yes" if outcome.complete else "no")
        yield from (f"{count:,}" for count in (got.lost, got.duplicated, got.reordered))
        yield from (_ms(got.latency_ms[name]) for name in ("p50", "p90", "p99", "p999", "max"))
        yield f"{outcome.deliveries_per_s:,.0f}"
    else:
        yield from [NOTHING] * 2
        yield "yes" if outcome.complete else "no"
        yield from [NOTHING] * 9
    yield from (NOTHING if hub_s is None else f"{hub_s:.1f}", f"{sum(used.values()):.1f}" if used else NOTHING)
    yield f"{outcome.load_cpu_s:.1f}"
    yield f"{outcome.rss_bytes / MEGA:.0f}" if outcome.rss_bytes else NOTHING
    yield f"{got.bytes / MEGA:.1f}"


def _ms(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004 - three digits


def _notes(outcome: Outcome) -> Iterator[str]:
    load, connected, sent, got = outcome.load, outcome.connected, outcome.published, outcome.received
    memory = "" if connected.memory_bytes is None else f", {connected.memory_bytes / KILO:.1f} kB each"
    yield f"{connected.dashboards:,} dashboards connected in {connected.seconds:.2f} s{memory}."
    if connected.dashboards < load.dashboards:
        yield f"{load.dashboards - connected.dashboards:,} did not: {connected.reason}."
    if load.snapshot:
        yield f"each got a snapshot of at least {connected.snapshot_topics} topics."
    if load.messages:
        yield _verification(outcome)
    if sent.messages < load.messages:
        yield f"devices offered {load.messages:,} messages; the broker took {sent.messages:,}."
    if sent.unacknowledged:
        yield f"the broker did not acknowledge {sent.unacknowledged:,} messages."
    if got.conflated:
        yield f"slow dashboards got {got.conflated:,} events merged."
    if got.foreign:
        yield f"{got.foreign:,} events were on the topic of another device."
    if got.closed:
        yield f"the hub closed {got.closed:,} dashboards, the last one with: {got.reason}."
    for one in got.stuck:
        ended = (
            f"was closed: {one.code} {one.reason}" if one.closed else f"stayed, with {one.conflated:,} events merged"
        )
        yield f"the dashboard that had stopped reading {ended}."


def _verification(outcome: Outcome) -> str:
    got = outcome.received
    text = f"every event of {got.verified:,} dashboards was checked"
    if got.same + got.differ:
        text += f"; of {got.same:,} others the bytes were the same as theirs"
    if got.differ:
        text += f", of {got.differ:,} not (what these got is estimated)"
    return f"{text}."


def _comparison(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Of each two that differ in compression alone: what it saves and costs."""
    for plain, packed in pairwise(outcomes):
        if packed.load != replace(plain.load, deflate=True) or plain.set_up != packed.set_up:
            continue
        bytes_share = packed.received.bytes / max(1, plain.received.bytes)
        text = f"Compression: {bytes_share:.2f} of the bytes"
        if plain.cpu_s.get("hub"):
            text += f", {packed.cpu_s['hub'] / plain.cpu_s['hub']:.2f} of the hub's CPU"
        yield f"{text}."
