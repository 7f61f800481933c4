"""HTTP ingest on a real log: decoded, appended once, and answered as the log has it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import cbor2
import pytest

from hub.auth import Identity, Role
from hub.decoders.base import Knowledge
from hub.descriptions import Descriptions
from hub.engine.local import LocalEngine
from hub.errors import (
    CONFLICT,
    INVALID_DATA,
    TOO_LARGE,
    HubError,
    InvalidTopic,
    PermissionDenied,
    TooManyRequests,
    Unavailable,
)
from hub.events import Batch, Position, decode_event
from hub.mapping import parse_mapping
from hub.mappings import Mappings
from hub.repeats import packet_of
from hub.submissions import MAX_READINGS, MAX_WAITING_BYTES, REQUESTS_AT_ONCE, Reminder, Submissions, may_submit

NOW_MS = 1_732_412_345_123
KITCHEN = Identity("key:kitchen", Role.OPERATOR, 2**40, subscribe=(), publish=("telemetry/kitchen",))
ALL = Identity("key:gateway", Role.OPERATOR, 2**40, publish=("telemetry/+",))
JSON = "application/json"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[LocalEngine]:
    async with LocalEngine(tmp_path / "log.db", max_bytes=10**8, max_age_s=3600) as found:
        yield found


def submissions(
    engine: LocalEngine, descriptions: Descriptions | None = None, mappings: Mappings | None = None
) -> Submissions:
    reminder = Reminder(lambda _: None, ready=lambda: True, once=True)
    return Submissions(
        engine=engine,
        descriptions=descriptions or Descriptions(),
        knowledge=Knowledge(),
        mappings=mappings or Mappings(),
        now_ms=lambda: NOW_MS,
        remind=reminder.remind,
    )


async def logged(engine: LocalEngine) -> list[dict[str, object]]:
    return [decode_event(piece) for batch in await engine.tail(limit=1000) for piece in batch.pieces()]


async def told(engine: LocalEngine, topic: str) -> list[object]:
    return [event["data"] for event in await logged(engine) if event["topic"] == topic]


def test_who_may_speak_as_a_device() -> None:
    anna = Identity("anna", Role.OPERATOR, 2**40)
    assert not may_submit(anna, "kitchen")
    assert may_submit(Identity("anna", Role.ADMIN, 2**40), "kitchen")
    assert may_submit(KITCHEN, "kitchen")
    assert not may_submit(KITCHEN, "hall")
    assert may_submit(ALL, "hall")
    assert not may_submit(Identity("anna", Role.VIEWER, 2**40, publish=("#",)), "kitchen")


@pytest.mark.parametrize(
    ("form", "body", "data"),
    [
        (JSON, b'{"temperature":21.5}', [{"temperature": 21.5}]),
        (JSON, b'[{"time":1732412340000,"n":1},{"time":1732412341000,"n":2}]', [{"n": 1}, {"n": 2}]),
        (JSON, b'[{"n":"temperature","u":"Cel","v":21.5}]', [{"temperature": 21.5}]),
        ("application/senml+json", b'[{"bn":"kitchen:","n":"t","v":1}]', [{"t": 1}]),
        ("application/senml+cbor", cbor2.dumps([{0: "t", 2: 1}]), [{"t": 1}]),
        ("application/cbor", cbor2.dumps({"t": 1}), [{"t": 1}]),
        ("text/plain", b"room temperature=21.5 1732412340000000000", [{"room.temperature": 21.5}]),
        ("text/csv", b"time,t\n2024-11-24T01:39:00Z,1\n", [{"t": 1}]),
        ("application/x-ndjson", b'{"t":1}\n{"t":2}\n', [{"t": 1}, {"t": 2}]),
    ],
)
async def test_each_form_becomes_readings(engine: LocalEngine, form: str, body: bytes, data: list[object]) -> None:
    taken = await submissions(engine).submit(KITCHEN, "kitchen", body, form=form)
    assert (taken.position, taken.readings, taken.repeated) == (await engine.head(), len(data), False)
    assert await told(engine, "telemetry/kitchen") == data
    [connectivity] = await told(engine, "connectivity/kitchen")
    assert isinstance(connectivity, dict)
    assert connectivity["state"] == "online"
    assert (await engine.head()).offset == 1


async def test_an_encoded_id_is_the_same_device(engine: LocalEngine) -> None:
    own = submissions(engine)
    own.check(ALL, "floor1%2Fkitchen", size_bytes=1)
    await own.submit(ALL, "floor1%2Fkitchen", b'{"t":1}', form=JSON)
    assert await told(engine, "telemetry/floor1%2Fkitchen") == [{"t": 1}]


async def test_a_body_of_another_device_needs_its_permission(engine: LocalEngine) -> None:
    own, body = submissions(engine), b"room,host=hall t=1\nroom t=2"
    with pytest.raises(PermissionDenied):
        await own.submit(KITCHEN, "kitchen", body, form="text/plain")
    assert await logged(engine) == []
    assert (await own.submit(ALL, "kitchen", body, form="text/plain")).readings == 2
    assert await told(engine, "telemetry/hall") == [{"room.t": 1}]


@pytest.mark.parametrize(
    ("body", "form", "code"),
    [
        (b'{"t":', JSON, INVALID_DATA),
        (b"\xff\xfe", JSON, INVALID_DATA),
        (b"5", JSON, INVALID_DATA),
        (b"{}", JSON, INVALID_DATA),
        (b'{"t":NaN}', JSON, INVALID_DATA),
        (b"[" * 10_000, JSON, INVALID_DATA),
        (b'{"t":1}', "application/senml+json", INVALID_DATA),
        (b'{"t":1}\nnonsense\n', "application/x-ndjson", INVALID_DATA),
        (b'{"t":1}\n' * (MAX_READINGS + 1), "application/x-ndjson", TOO_LARGE),
    ],
)
async def test_what_can_not_be_read_is_refused_whole(engine: LocalEngine, body: bytes, form: str, code: object) -> None:
    own = submissions(engine)
    with pytest.raises(HubError) as refused:
        await own.submit(KITCHEN, "kitchen", body, form=form)
    assert refused.value.code is code
    assert await logged(engine) == []
    assert sum(own.refused.values()) == 1
    assert ("hub_http_ingest_requests", next(iter(own.refused)), 1) in list(own.readings())


async def test_a_repeat_is_answered_and_not_done_again_also_by_another_process(engine: LocalEngine) -> None:
    packet = packet_of("k-1", b'{"t":1}', user=KITCHEN.user, device="kitchen")
    first = submissions(engine)
    done = await first.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON, packet=packet)
    assert not done.repeated
    for one in (first, submissions(engine)):
        again = await one.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON, packet=packet)
        assert again == done._replace(repeated=True)
        assert one.repeated == 1
    other = packet_of("k-1", b'{"t":2}', user=KITCHEN.user, device="kitchen")
    with pytest.raises(HubError) as refused:
        await first.submit(KITCHEN, "kitchen", b'{"t":2}', form=JSON, packet=other)
    assert refused.value.code is CONFLICT
    assert await told(engine, "telemetry/kitchen") == [{"t": 1}]


async def test_the_same_request_twice_at_once_is_done_once(engine: LocalEngine) -> None:
    own, packet = submissions(engine), packet_of("k", b"", user="u", device="kitchen")
    both = (own.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON, packet=packet) for _ in range(2))
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert not isinstance(first, BaseException)
    assert isinstance(second, TooManyRequests)
    assert await told(engine, "telemetry/kitchen") == [{"t": 1}]


async def test_a_log_longer_than_what_is_read_back_does_not_hold_a_request_up(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.submissions.READ_BATCHES", 1)
    own = submissions(engine)
    packets = [packet_of(f"k{n}", b"", user="u", device="kitchen") for n in range(20)]
    for packet in packets:
        await own.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON, packet=packet)
    late = submissions(engine)
    assert (await late.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON, packet=packets[0])).repeated


def test_too_much_is_refused_with_how_long_to_wait(tmp_path: Path) -> None:
    own = submissions(LocalEngine(tmp_path / "log.db", max_bytes=10**8, max_age_s=3600))
    for _ in range(REQUESTS_AT_ONCE):
        own.check(KITCHEN, "kitchen", size_bytes=1)
    with pytest.raises(TooManyRequests) as refused:
        own.check(KITCHEN, "kitchen", size_bytes=1)
    assert refused.value.retry_after_s >= 1
    own._waiting_bytes = 1
    with pytest.raises(TooManyRequests):
        own.check(ALL, "kitchen", size_bytes=MAX_WAITING_BYTES)
    with pytest.raises(PermissionDenied):
        own.check(KITCHEN, "hall", size_bytes=1)
    for device in ("+", "a/b", "x" * 2000, " "):
        with pytest.raises((InvalidTopic, HubError)):
            own.check(ALL, device, size_bytes=1)


class Away(LocalEngine):
    """A log that does not answer."""

    async def publish(self, batch: Batch, *, timeout_s: float | None = None) -> Position:
        """Be away."""
        raise Unavailable(f"{len(batch.topics)} events, {timeout_s} s")


async def test_what_a_lost_batch_told_of_a_device_is_told_again(tmp_path: Path, engine: LocalEngine) -> None:
    descriptions = Descriptions()
    away = submissions(Away(tmp_path / "away.db", max_bytes=10**8, max_age_s=3600), descriptions)
    with pytest.raises(Unavailable):
        await away.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON)
    await submissions(engine, descriptions).submit(KITCHEN, "kitchen", b'{"t":2}', form=JSON)
    topics = {event["topic"] for event in await logged(engine)}
    assert topics == {"telemetry/kitchen", "device/kitchen", "connectivity/kitchen"}


def test_a_reminder_waits_for_the_log_and_reminds_once() -> None:
    asked: list[str] = []
    ready = False

    def latest(topic: str) -> bytes | None:
        asked.append(topic)
        return b'{"topic":"connectivity/a","time":1,"data":{"state":"online"}}' if topic == "connectivity/a" else None

    reminder = Reminder(latest, ready=lambda: ready, once=True)
    with pytest.raises(Unavailable):
        reminder.remind(Descriptions(), "a")
    ready = True
    for _ in range(2):
        reminder.remind(Descriptions(), "a")
    assert asked == ["device/a", "connectivity/a"]
    each_time = Reminder(latest, ready=lambda: True, once=False)
    for _ in range(2):
        each_time.remind(Descriptions(), "b")
    assert len(asked) == 6


OF_DEVICES = {"filter": "devices/+/telemetry"}


def mapped(*records: Mapping[str, object]) -> Mappings:
    mappings = Mappings()
    for at, record in enumerate(records):
        mappings.put(parse_mapping({"name": f"m{at}", **OF_DEVICES, **record}))
    return mappings


TENTHS = {"device": "{2}", "values": [{"key": "temperature", "path": "/t", "unit": "°C", "scale": 0.1}]}


@pytest.mark.parametrize(
    ("record", "form", "body", "data"),
    [
        (TENTHS, JSON, b'{"t":215,"x":1}', [{"temperature": 21.5}]),
        (TENTHS, "application/x-ndjson", b'{"t":215}\n{"t":216}\n', [{"temperature": 21.5}, {"temperature": 21.6}]),
        ({**TENTHS, "format": "pairs"}, "text/plain", b"t=215", [{"temperature": 21.5}]),
        # A form that the mapping can't be of is read as without it.
        ({**TENTHS, "format": "pairs"}, JSON, b'{"t":215}', [{"t": 215}]),
        (TENTHS, "text/csv", b"t,h\n215,40\n", [{"t": 215, "h": 40}]),
        (TENTHS, "application/cbor", cbor2.dumps({"t": 215}), [{"t": 215}]),
        ({"family": "tasmota", "topic": "tele/{2}/SENSOR"}, JSON, b'{"ENERGY":{"Power":5}}', [{"ENERGY.Power": 5}]),
    ],
)
async def test_a_mapping_goes_first(  # noqa: PLR0917 - the row of a table
    engine: LocalEngine, record: dict[str, object], form: str, body: bytes, data: list[object]
) -> None:
    here = submissions(engine, mappings=mapped(record))
    accepted = await here.submit(KITCHEN, "kitchen", body, form=form)
    assert accepted.readings == len(data)
    assert await told(engine, "telemetry/kitchen") == data


async def test_a_mapping_can_not_name_a_device_that_one_may_not_be(engine: LocalEngine) -> None:
    here = submissions(engine, mappings=mapped({**TENTHS, "device": "{/of}"}))
    await here.submit(KITCHEN, "kitchen", b'{"of":"kitchen","t":215}', form=JSON)
    with pytest.raises(PermissionDenied, match="The body is of 'hall'"):
        await here.submit(KITCHEN, "kitchen", b'{"of":"hall","t":215}', form=JSON)
    assert await told(engine, "telemetry/kitchen") == [{"temperature": 21.5}]


async def test_what_a_mapping_ignores_is_taken_and_says_nothing(engine: LocalEngine) -> None:
    here = submissions(engine, mappings=mapped({"ignore": True}))
    assert (await here.submit(KITCHEN, "kitchen", b'{"t":1}', form=JSON)).readings == 0
    assert (await here.submit(KITCHEN, "kitchen", b"t=1", form="text/plain")).readings == 0
    assert await logged(engine) == []


async def test_what_a_mapping_can_not_read_is_refused_with_the_reason(engine: LocalEngine) -> None:
    here = submissions(engine, mappings=mapped(TENTHS))
    with pytest.raises(HubError, match="Nothing that mapping m0 names is there"):
        await here.submit(KITCHEN, "kitchen", b'{"x":1}', form=JSON)
    assert here.refused == {"malformed": 1}
