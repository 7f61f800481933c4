"""What a snapshot is made of."""

import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import latest as module
from hub.events import Batch, Position, Scalar, encode_event
from hub.latest import CHAT_TAIL, EVERYTHING, MAX_KEYS, MAX_RAW_BYTES, MAX_RAW_TOPICS, Latest
from hub.registry import Record
from hub.topics import matches
from hub.twin import NO_TWIN, Twin

T0 = 1732412345123


def event(topic: str, time: int = T0, **data: object) -> bytes:
    return encode_event(topic, time, data)


def batch(*pieces: bytes, offset: int | None = None, epoch: str = "e") -> Batch:
    decoded = [orjson.loads(piece) for piece in pieces]
    made = Batch.of([one["topic"] for one in decoded], [one["time"] for one in decoded], list(pieces))
    made.position = None if offset is None else Position(epoch, offset)
    return made


def of(*pieces: bytes) -> Latest:
    latest = Latest()
    latest.apply(batch(*pieces))
    return latest


def telemetry(latest: Latest, topic: str = "telemetry/kitchen") -> tuple[int, dict[str, object]]:
    piece = latest.get(topic)
    assert piece is not None
    found = orjson.loads(piece)
    assert set(found) == {"topic", "time", "data"}
    assert found["topic"] == topic
    return found["time"], found["data"]


def test_nothing_is_known_at_first() -> None:
    latest = Latest()
    assert latest.get("telemetry/kitchen") is None
    assert latest.snapshot(["#", "telemetry/kitchen"]) == []
    assert latest.position is None
    assert len(latest) == 0


def test_a_single_event_is_given_back_byte_for_byte() -> None:
    piece = encode_event("telemetry/kitchen", T0, {"temperature": 21.5}, received=T0 + 7)
    assert of(piece).snapshot(["telemetry/+"]) == [piece]


def test_telemetry_is_merged_by_key() -> None:
    latest = of(
        event("telemetry/kitchen", T0, temperature=20.0, humidity=40),
        event("telemetry/kitchen", T0 + 5, temperature=21.5, door="open"),
    )
    assert telemetry(latest) == (T0 + 5, {"temperature": 21.5, "humidity": 40, "door": "open"})


def test_a_late_event_only_adds_the_keys_that_are_missing() -> None:
    latest = of(
        event("telemetry/kitchen", T0, temperature=20.0),
        event("telemetry/kitchen", T0 - 9, temperature=1.0, battery=90),
    )
    assert telemetry(latest) == (T0, {"battery": 90, "temperature": 20.0})


def test_of_two_events_of_one_millisecond_the_second_is_newer() -> None:
    latest = of(event("telemetry/kitchen", T0, n=1), event("telemetry/kitchen", T0, n=2))
    assert telemetry(latest) == (T0, {"n": 2})


@pytest.mark.parametrize("seed", range(5))
def test_when_it_is_merged_makes_no_difference(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [
        event("telemetry/kitchen", T0 + chance.randrange(20), **{chance.choice("abcdef"): number})
        for number in range(60)
    ]
    whole = of(*pieces)
    often = Latest()
    for piece in pieces:
        often.apply(batch(piece))
        often.snapshot(["#"])
    expected: dict[str, object] = {}
    time = -1
    for one in map(orjson.loads, pieces):
        expected = {**expected, **one["data"]} if one["time"] >= time else {**one["data"], **expected}
        time = max(time, one["time"])
    assert telemetry(whole) == telemetry(often) == (time, expected)


def test_values_stay_exact() -> None:
    data = {"big": 2**63 - 1, "small": -(2**63), "float": 0.1 + 0.2, "text": "°C 温度 \u2028", "flag": True}
    latest = of(event("telemetry/kitchen", T0, old=1), event("telemetry/kitchen", T0, **data))
    assert telemetry(latest)[1] == {"old": 1} | data


def test_a_device_keeps_a_limited_number_of_keys() -> None:
    latest = of(*(event("telemetry/kitchen", T0 + n, **{f"key{n}": n}) for n in range(MAX_KEYS + 3)))
    data = telemetry(latest)[1]
    assert len(data) == MAX_KEYS
    assert "key2" not in data
    assert f"key{MAX_KEYS + 2}" in data
    assert latest.evicted_keys == 3


def test_of_other_topics_the_newest_is_kept() -> None:
    latest = of(*(event("connectivity/kitchen", T0 - n, state=f"s{n}") for n in range(20)))
    assert latest.snapshot(["connectivity/kitchen"]) == [event("connectivity/kitchen", T0 - 19, state="s19")]


def test_a_room_keeps_the_tail_of_its_messages_in_order() -> None:
    said = [event("chat/ops", T0 + n, text=str(n)) for n in range(CHAT_TAIL + 30)]
    latest = of(*said)
    assert latest.snapshot(["chat/+"]) == said[-CHAT_TAIL:]
    assert latest.get("chat/ops") == said[-1]


def test_a_message_that_comes_again_is_there_once() -> None:
    said = [event("chat/ops", T0 + n, text=str(n)) for n in range(3)]
    latest = of(*said)
    latest.apply(batch(*said[1:]))
    assert latest.snapshot(["chat/ops"]) == said


def test_of_a_room_the_highest_version_is_kept() -> None:
    latest = Latest()
    pieces = [event("room/ops", version=version, title=title) for version, title in ((1, "a"), (2, "b"), (2, "void"))]
    latest.restore(pieces)
    assert latest.pieces("room/ops") == [pieces[1]]


def test_everything_has_read_markers_too() -> None:
    latest = Latest()
    marker = event("$read/anna/ops", id="0m3vbj0lf00a7")
    latest.restore([marker, event("chat/ops", text="hello")])
    assert latest.topics(["#"]) == ["chat/ops"]
    assert latest.snapshot(["$read/anna/+"]) == [marker]
    assert set(latest.topics(EVERYTHING)) == {"chat/ops", "$read/anna/ops"}


def test_a_join_is_no_state() -> None:
    latest = of(event("presence/chat/ops", event="join", user="anna"))
    assert latest.snapshot(["#", "presence/chat/ops"]) == []


def test_a_command_is_no_state() -> None:
    latest = of(event("command/kitchen", step="sent"))
    assert latest.snapshot(["#", "command/kitchen"]) == []
    assert len(latest) == 0


def test_raw_messages_are_kept_by_topic_and_bounded() -> None:
    latest = of(*(event(f"raw/t{n}", n=n) for n in range(MAX_RAW_TOPICS)))
    latest.apply(batch(event("raw/t0", n=-1), event("raw/new", n=0)))
    assert latest.get("raw/t0") == event("raw/t0", n=-1)
    assert latest.get("raw/t1") is None
    assert len(latest.snapshot(["raw/#"])) == len(latest) == MAX_RAW_TOPICS
    assert latest.evicted_raw == 1


def test_raw_messages_are_bounded_in_bytes() -> None:
    third = "x" * (MAX_RAW_BYTES // 3)
    latest = of(*(event(f"raw/t{n}", text=third) for n in range(4)))
    assert latest.topics(["raw/+"]) == ["raw/t2", "raw/t3"]
    latest.apply(batch(event("raw/huge", text=third * 4)))
    assert latest.topics(["raw/+"]) == ["raw/huge"]
    assert latest.evicted_raw == 4


def test_topics_are_bounded_and_the_silent_one_goes_first() -> None:
    latest = Latest(max_topics=3)
    for name in "abc":
        latest.apply(batch(event(f"telemetry/{name}", n=0)))
    latest.apply(batch(event("telemetry/a", n=1)))
    latest.apply(batch(event("telemetry/d", n=0)))
    assert sorted(latest.topics(["#"])) == ["telemetry/a", "telemetry/c", "telemetry/d"]
    assert latest.evicted_topics == 1


def test_when_all_are_busy_one_goes_all_the_same() -> None:
    latest = Latest(max_topics=20)
    for _ in range(2):
        latest.apply(batch(*(event(f"telemetry/d{n}", n=0) for n in range(20))))
    latest.apply(batch(event("system/nodes", n=1)))
    assert len(latest) == 20
    assert latest.evicted_topics == 1
    assert latest.get("system/nodes") is not None


def test_the_last_topic_of_a_kind_can_go() -> None:
    latest = Latest(max_topics=1)
    latest.apply(batch(event("alarm/kitchen/hot", n=1)))
    latest.apply(batch(event("telemetry/kitchen", n=1)))
    assert latest.snapshot(["alarm/#"]) == []
    assert latest.topics(["#"]) == ["telemetry/kitchen"]


def test_position_is_that_of_the_last_batch() -> None:
    latest = Latest()
    latest.apply(batch(event("telemetry/kitchen", n=1), offset=5))
    assert latest.position == Position("e", 5)


def test_a_batch_that_was_applied_changes_nothing() -> None:
    latest = Latest()
    latest.apply(batch(event("telemetry/kitchen", n=1), offset=5))
    latest.apply(batch(event("telemetry/kitchen", n=0), offset=5))
    latest.apply(batch(event("telemetry/kitchen", n=0), offset=4))
    assert telemetry(latest)[1] == {"n": 1}
    latest.apply(batch(event("telemetry/kitchen", n=2), offset=1, epoch="f"))
    assert telemetry(latest)[1] == {"n": 2}
    assert latest.position == Position("f", 1)


def test_restore_takes_what_a_snapshot_gave() -> None:
    said = [event("chat/ops", T0 + n, text=str(n)) for n in range(3)]
    first = of(event("telemetry/kitchen", a=1), event("telemetry/kitchen", b=2), *said, event("raw/x", n=1))
    second = Latest()
    second.restore(first.snapshot(["#"]), Position("e", 9))
    assert sorted(second.snapshot(["#"])) == sorted(first.snapshot(["#"]))
    assert second.position == Position("e", 9)
    second.restore([])
    assert second.position == Position("e", 9)


TOPICS = [
    "telemetry/kitchen",
    "telemetry/hall",
    "telemetry",
    "alarm/kitchen/hot",
    "alarm/hall/hot",
    "alarm/hall/cold",
    "raw/a/b",
    "chat/ops",
    "/odd",
    "/",
    "$SYS/load",
]
FILTERS = [
    "#",
    "+",
    "+/+",
    "+/#",
    "telemetry/+",
    "telemetry/#",
    "telemetry/kitchen",
    "telemetry/nobody",
    "raw/a/b",
    "alarm/+/hot",
    "alarm/hall/+",
    "alarm/+/#",
    "nothing/+",
    "nothing/+/x",
    "/+",
    "/#",
    "+/hall/hot",
    "$SYS/#",
    "$SYS/+",
    "+/load",
]


@pytest.mark.parametrize("topic_filter", FILTERS)
def test_a_filter_selects_what_mqtt_says(topic_filter: str) -> None:
    latest = of(*(event(topic, n=1) for topic in TOPICS))
    expected = sorted(topic for topic in TOPICS if matches(topic_filter, topic))
    assert sorted(latest.topics([topic_filter])) == expected
    assert sorted(orjson.loads(piece)["topic"] for piece in latest.snapshot([topic_filter])) == expected


def test_a_topic_comes_once_however_many_filters_select_it() -> None:
    latest = of(*(event(topic, n=1) for topic in TOPICS))
    found = [orjson.loads(piece)["topic"] for piece in latest.snapshot([*FILTERS, *FILTERS])]
    assert sorted(found) == sorted(TOPICS)


def test_a_snapshot_is_no_use_of_a_topic_but_its_events_are() -> None:
    latest = Latest(max_topics=2)
    latest.apply(batch(event("telemetry/a", n=0), event("telemetry/b", n=0), event("telemetry/a", n=1)))
    latest.snapshot(["#"])
    latest.apply(batch(event("telemetry/c", n=0)))
    assert sorted(latest.topics(["#"])) == ["telemetry/a", "telemetry/c"]


def test_what_waits_is_bounded() -> None:
    latest = of(*(event("telemetry/kitchen", T0 + n, n=n) for n in range(1000)))
    assert len(latest._slots["telemetry/kitchen"].pieces) <= module._WAITING
    assert telemetry(latest) == (T0 + 999, {"n": 999})


KEYS = st.sampled_from(["a", "b", "t1", "t2", 'q"', "ü", "a.b"])
SCALARS = st.one_of(
    st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=4)
)


EVENTS = st.tuples(st.integers(T0, T0 + 5), st.dictionaries(KEYS, SCALARS, min_size=1, max_size=4))


@given(st.lists(EVENTS, max_size=40))
def test_merging_by_form_is_merging_by_key(events: list[tuple[int, dict[str, Scalar]]]) -> None:
    latest = Latest()
    merged: dict[str, Scalar] = {}
    newest = 0
    for time, data in events:
        latest.apply(batch(event("telemetry/kitchen", time, **data)))
        latest.pieces("telemetry/kitchen")  # settles, so that a form is known from the first event on
        merged = merged | data if time >= newest else data | merged
        newest = max(newest, time)
    if events:
        assert telemetry(latest) == (newest, merged)


def test_forms_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_FORMS", 2)
    latest = Latest()
    for key in "abcd":
        latest.apply(batch(event(f"telemetry/{key}", T0, **{key: 1})))
        latest.pieces(f"telemetry/{key}")
        latest.apply(batch(event(f"telemetry/{key}", T0 + 1, **{key: 2})))
        latest.pieces(f"telemetry/{key}")
    assert len(latest._forms) <= 2


def test_a_topic_that_only_changes_by_form_is_not_silent() -> None:
    latest = Latest(max_topics=2)
    latest.apply(batch(event("telemetry/a", T0, n=0), event("telemetry/a", T0, n=1), event("telemetry/b", T0, n=0)))
    latest.snapshot(["#"])
    latest.apply(batch(event("telemetry/a", T0 + 1, n=2)))
    latest.apply(batch(event("telemetry/c", T0, n=0)))
    assert sorted(latest.topics(["#"])) == ["telemetry/a", "telemetry/c"]


def record(device: str, version: int, **members: object) -> bytes:
    return event(f"registry/{device}", 100 + version, **{**Record(version).shown(), **members})


def test_of_two_changes_of_a_record_the_first_counts() -> None:
    latest = of(record("a", 1, name="first"), record("a", 1, name="second"), record("b", 3))
    assert [orjson.loads(piece)["data"]["name"] for piece in latest.snapshot(["registry/+"])] == ["first", ""]
    assert "registry/a" in latest
    assert latest.topics(["registry/a", "registry/c"]) == ["registry/a"]
    assert len(latest) == 2


def test_records_stay_while_silent_topics_go() -> None:
    latest = Latest(max_topics=2)
    latest.apply(batch(record("a", 1), *[event(f"telemetry/{n}", n, v=n) for n in range(5)]))
    assert latest.topics(["registry/#", "telemetry/#"]) == ["registry/a", "telemetry/3", "telemetry/4"]
    latest.apply(batch(record("b", 1), record("c", 1)))
    assert latest.topics(["registry/#"]) == ["registry/b", "registry/c"]


def test_of_a_forgotten_device_all_goes_until_it_speaks_again() -> None:
    said = [event("telemetry/a", 99, v=1), event("device/a", 5, name="a"), event("connectivity/a", 5, state="online")]
    latest = of(*said, event("telemetry/b", 1, v=1), event("telemetry/c", 9, v=1))
    latest.apply(batch(record("a", 1, forgotten=7), record("c", 1, forgotten=7)))
    assert set(latest.topics(["#"])) == {"telemetry/b", "telemetry/c", "registry/a", "registry/c"}
    assert latest.forgotten == 3
    latest.apply(batch(event("device/a", 8, name="a"), event("telemetry/a", 3, v=2)))
    latest.apply(batch(record("a", 2, forgotten=7)))
    assert latest.get("telemetry/a") is not None


def test_mappings_stay_however_silent_they_are() -> None:
    latest = Latest(max_topics=2)
    latest.apply(batch(event("mapping/a", name="a"), event("mapping/a", name="b")))
    latest.apply(batch(*(event(f"telemetry/{n}", n=1) for n in range(20))))
    assert [orjson.loads(piece)["data"] for piece in latest.snapshot(["mapping/+"])] == [{"name": "b"}]


def twin(device: str, told: Twin, *, time: int = T0) -> bytes:
    return event(f"twin/{device}", time, **told.shown())


def test_of_two_changes_of_a_twin_the_first_counts_and_news_of_the_device_do() -> None:
    first = NO_TWIN.changed({"setpoint": 21}, by="anna", now_ms=T0)
    other = NO_TWIN.changed({"setpoint": 25}, by="ivan", now_ms=T0 + 1)
    news = first.reporting({"setpoint": 21}, now_ms=T0 + 2)
    assert of(twin("a", first), twin("a", other)).snapshot(["twin/+"]) == [twin("a", first)]
    later = first.changed({"mode": "eco"}, by="ivan", now_ms=T0 + 3)
    latest = of(twin("a", first), twin("a", news), twin("b", other), twin("a", later), twin("a", news))
    assert latest.get("twin/a") == twin("a", later)
    assert latest.topics(["twin/#"]) == ["twin/a", "twin/b"]


def test_a_twin_stays_however_silent_and_goes_with_its_device() -> None:
    wanted = twin("a", NO_TWIN.changed({"on": True}, by="anna", now_ms=T0))
    latest = Latest(max_topics=2)
    latest.apply(batch(wanted, *(event(f"telemetry/{number}", T0, x=1) for number in range(5))))
    assert latest.get("twin/a") == wanted
    latest.apply(batch(twin("b", NO_TWIN), twin("c", NO_TWIN)))
    assert latest.topics(["twin/#"]) == ["twin/b", "twin/c"]
    forgotten = event("registry/b", T0 + 1, **Record(1, forgotten=T0 + 1).shown())
    latest.apply(batch(forgotten))
    assert latest.get("twin/b") is None
    assert latest.forgotten == 1
