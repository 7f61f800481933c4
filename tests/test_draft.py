import random

import orjson
import pytest

from hub.decoders.base import Decoded, Status
from hub.decoders.clock import LocalTime
from hub.decoders.passage import passage_of
from hub.decoders.registry import Outcome
from hub.decoders.tally import Tally
from hub.descriptions import Descriptions
from hub.draft import Draft
from hub.events import decode_event, encode_event
from hub.registry import Record

NOW_MS = 1_732_412_345_123


def test_what_messages_say_is_one_batch_in_order() -> None:
    draft = Draft(Descriptions(), now_ms=NOW_MS)
    assert len(draft) == 0
    draft.add("raw/x", {"reason": "why"})
    draft.tell(
        Outcome(
            "json", [Decoded("kitchen", "telemetry", {"t": 1}, time=NOW_MS - 5), Decoded(None, "telemetry", {"t": 2})]
        ),
        retained=False,
    )
    draft.tell(Outcome("json", [Decoded("hall", "presence", status="offline")]), retained=True)
    assert draft.readings == 1
    batch = draft.batch(source="hub", packets=[(1, 2)])
    assert len(draft) == len(batch.topics)
    assert (batch.source, batch.packets) == ("hub", [(1, 2)])
    assert batch.topics[:2] == ["raw/x", "telemetry/kitchen"]
    assert {"device/kitchen", "connectivity/kitchen", "device/hall", "connectivity/hall"} <= set(batch.topics)
    first, second = (decode_event(piece) for piece in batch.pieces()[:2])
    assert first == {"topic": "raw/x", "time": NOW_MS, "data": {"reason": "why"}}
    assert second == {"topic": "telemetry/kitchen", "time": NOW_MS - 5, "received": NOW_MS, "data": {"t": 1}}


def test_what_is_passed_on_tells_of_its_device_too() -> None:
    descriptions = Descriptions()
    draft = Draft(descriptions, now_ms=NOW_MS)
    passage = passage_of(Tally("json"), Decoded("kitchen", "telemetry", {"t": 1}), b'{"t":1}')
    assert passage is not None
    for data in (b'{"t":2}', b'{"t":3}'):
        draft.pass_on(passage, data)
    assert draft.readings == 2
    batch = draft.batch(source="hub", packets=())
    assert batch.topics == ["telemetry/kitchen", "device/kitchen", "connectivity/kitchen", "telemetry/kitchen"]
    assert decode_event(batch.pieces()[3]) == {"topic": "telemetry/kitchen", "time": NOW_MS, "data": {"t": 3}}


def test_what_waits_for_approval_is_held_back() -> None:
    draft = Draft(Descriptions(approve=True), now_ms=NOW_MS)
    said = Outcome("json", [Decoded("kitchen", "telemetry", {"t": 1}), Decoded(None, "telemetry", {"t": 2})])
    assert draft.tell(said, retained=False) == 1
    assert draft.readings == 0
    assert [topic.partition("/")[0] for topic in draft.batch(source="", packets=()).topics] == ["$quarantine"]


SHOWN = LocalTime(NOW_MS + 3_600_000)


def said_at(records: dict[str, Record], time: LocalTime = SHOWN) -> dict[str, object]:
    """The event of a reading of the kitchen's, by a clock without a zone."""
    descriptions = Descriptions()
    descriptions.restore(encode_event(f"registry/{device}", 1, record.shown()) for device, record in records.items())
    draft = Draft(descriptions, now_ms=NOW_MS)
    draft.tell(Outcome("json", [Decoded("kitchen", "telemetry", {"t": 1}, time=time)]), retained=False)
    return next(decode_event(piece) for piece in draft.batch(source="", packets=()).pieces())


def test_a_clock_without_a_zone_is_left_to_the_hub() -> None:
    assert said_at({}) == {"topic": "telemetry/kitchen", "time": NOW_MS, "data": {"t": 1}}
    assert said_at({"kitchen": Record(1, zone="Europe/Atlantis")})["time"] == NOW_MS


@pytest.mark.parametrize(
    "records",
    [
        {"kitchen": Record(1, zone="Europe/Berlin")},
        {"kitchen": Record(1, merged_into="hall"), "hall": Record(1, zone="Europe/Berlin")},
        {"kitchen": Record(1, merged_into="hall", zone="Europe/Berlin"), "hall": Record(1, zone="Asia/Tokyo")},
    ],
)
def test_a_clock_without_a_zone_has_the_one_that_people_said(records: dict[str, Record]) -> None:
    event = said_at(records)
    assert (event["time"], event["received"]) == (NOW_MS, NOW_MS)


def test_a_clock_that_is_wrong_in_the_zone_that_people_said_is_left_to_the_hub() -> None:
    far = LocalTime(NOW_MS + 30 * 3_600_000)
    assert "received" not in said_at({"kitchen": Record(1, zone="Europe/Berlin")}, far)


SAID = [
    Decoded("kitchen", "telemetry", {"t": 1, "on": True}),
    Decoded("kitchen", "telemetry", {"t": 1}),
    Decoded("kitchen", "telemetry", {"humidity": 2}, units={"humidity": "%"}),
    Decoded("hall", "telemetry", {"t": 1.5}),
]
OTHERS = [
    ("status", "online"),
    ("status", "offline"),
    ("retained", "text"),
    ("retained", "number"),
    ("record", "interval"),
    ("record", "forget"),
    ("look", ""),
]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_passed_on_tells_of_its_device_what_learning_each_time_would(seed: int) -> None:
    chance = random.Random(seed)
    passages = [passage_of(Tally("json"), said, orjson.dumps(said.data)) for said in SAID]
    quick, thorough = Descriptions(), Descriptions()
    now_ms = NOW_MS
    for version in range(1, 3_000):
        now_ms += chance.choice([1, 10, 300, 999, 1000, 1500]) if chance.random() < 0.99 else 40_000
        passage = chance.choice(passages)
        assert passage is not None
        if chance.random() < 0.9:
            draft = Draft(quick, now_ms=now_ms)
            draft.pass_on(passage, b"{}")
            events = map(decode_event, draft.batch(source="", packets=()).pieces())
            told = [(event["topic"], event["data"]) for event in events]
            assert told[1:] == thorough.learn(passage.said, "json", retained=False, now_ms=now_ms)
        else:
            step = chance.choice(OTHERS)
            assert heed(quick, step, now_ms, version) == heed(thorough, step, now_ms, version)


def heed(descriptions: Descriptions, step: tuple[str, str], now_ms: int, version: int) -> object:
    match step:
        case "status", word:
            status: Status = "offline" if word == "offline" else "online"
            said = Decoded("kitchen", "presence", status=status)
            return descriptions.learn(said, "json", retained=False, now_ms=now_ms)
        case "retained", word:
            data = {"t": "x" if word == "text" else 1}
            return descriptions.learn(Decoded("kitchen", "telemetry", data), "json", retained=True, now_ms=now_ms)
        case "record", word:
            record = Record(version, interval_s=60) if word == "interval" else Record(version, forgotten=now_ms)
            descriptions.restore([encode_event("registry/kitchen", now_ms, record.shown())])
            return None
        case _:
            return descriptions.take_due(now_ms)
