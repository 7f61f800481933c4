"""`hub decode`: messages as JSON lines in, what they say as JSON lines out, one for one and in order."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from hub.decoders import FAMILIES
from hub.decoders.base import Decoded, Decoder, Knowledge, Malformed, Unsupported
from hub.decoders.clock import LocalTime, Moment
from hub.decoders.registry import Decoders, Outcome
from hub.errors import InvalidTopic
from hub.topics import validate_topic


class _BadLine(Exception):
    """A line that is no message; its text says why."""


def decode_lines(
    lines: Iterable[str], *, now_ms: Callable[[], int], families: Sequence[Decoder] = FAMILIES
) -> Iterator[str]:
    """A line of JSON for each line of `{"topic", "payload" | "payload_hex"}`; a bad one gives `{"error"}`.

    What discovery tells in a line holds for all after it.
    """
    decoders = Decoders(families, Knowledge())
    for line in lines:
        try:
            topic, payload = _message_of(line)
            answer = _answer(decoders, topic, payload, now_ms())
        except _BadLine as error:
            answer = {"error": str(error)}
        yield orjson.dumps(answer).decode()


def _message_of(line: str) -> tuple[str, bytes]:
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _BadLine(f"not a line of JSON: {error.msg}") from None
    if not isinstance(message, dict) or not isinstance(message.get("topic"), str):
        raise _BadLine('a line is an object with "topic" and "payload" or "payload_hex"')
    topic: str = message["topic"]
    try:
        validate_topic(topic)
    except InvalidTopic as error:
        raise _BadLine(str(error)) from None
    return topic, _payload_of(message)


def _payload_of(message: Mapping[str, Any]) -> bytes:
    if isinstance(message.get("payload"), str):
        return str(message["payload"]).encode()
    if not isinstance(message.get("payload_hex"), str):
        raise _BadLine('"payload" (text) or "payload_hex" is missing')
    try:
        return bytes.fromhex(message["payload_hex"])
    except ValueError:
        raise _BadLine('"payload_hex" is not hexadecimal') from None


def _answer(decoders: Decoders, topic: str, payload: bytes, now_ms: int) -> dict[str, Any]:
    try:
        outcome = decoders.decode(topic, payload, now_ms)
    except Malformed as error:
        return {**_nothing(decoders.family_of(topic), "garbage"), "error": str(error)}
    except Unsupported as error:
        return {**_nothing(decoders.family_of(topic), None), "error": str(error)}
    if outcome is None:
        return {**_nothing(None, None), "error": "no decoder claims this topic"}
    return _told(outcome)


def _told(outcome: Outcome) -> dict[str, Any]:
    events = [_event(decoded, outcome.family) for decoded in outcome.events]
    if len(events) == 1:
        return events[0]
    common = _nothing(outcome.family, None)
    for name in ("device", "kind", "status", "time"):
        values = [event[name] for event in events]
        if values and values.count(values[0]) == len(values):
            common[name] = values[0]
    return {**common, "events": events}


def _nothing(family: str | None, kind: str | None) -> dict[str, Any]:
    return {"device": None, "family": family, "kind": kind, "readings": [], "status": None, "time": None}


def _event(decoded: Decoded, family: str) -> dict[str, Any]:
    readings = []
    for name, value in decoded.data.items():
        unit = decoded.units.get(name)
        readings.append(
            {"name": name, "value": value} if unit is None else {"name": name, "value": value, "unit": unit}
        )
    return {
        "device": decoded.device,
        "family": family,
        "kind": decoded.kind,
        "readings": readings,
        "status": decoded.status,
        "time": None if decoded.time is None else _iso(decoded.time),
    }


def _iso(time: Moment) -> str:
    """ISO 8601 to the millisecond, in UTC; without a zone where the device tells none."""
    ms, zone = (time.ms, "") if isinstance(time, LocalTime) else (time, "Z")
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}{zone}"
