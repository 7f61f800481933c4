from collections.abc import Collection, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.conflation import Taken
from hub.events import decode_event, encode_event
from hub.interest import PLAIN, Interest, Options
from hub.merging import merge
from hub.predicate import Predicate
from hub.selection import Content, Selection, picked

HOT = Predicate.parse({"key": "t", "op": "gt", "value": 30})
COLD = Predicate.parse({"key": "t", "op": "lt", "value": 0})
TOPIC = "telemetry/kitchen"


def telemetry(**data: object) -> bytes:
    return encode_event(TOPIC, 1, data, 2)


def select(piece: bytes, *options: Options, topic: str = TOPIC) -> bytes | None:
    return Selection.of(topic, options).select(Content(topic, piece))


def fields(*keys: str) -> frozenset[str]:
    return frozenset(keys)


@pytest.mark.parametrize(
    ("options", "data"),
    [
        ([PLAIN], {"t": 20, "h": 40}),
        ([Options(HOT)], None),
        ([Options(COLD), Options(HOT)], None),
        ([Options(HOT), PLAIN], {"t": 20, "h": 40}),
        ([Options(fields=fields("h"))], {"h": 40}),
        ([Options(fields=fields("h", "t", "u"))], {"t": 20, "h": 40}),
        ([Options(fields=fields("u"))], None),
        ([Options(fields=fields("h")), Options(HOT)], {"h": 40}),
        ([Options(fields=fields("h")), Options(HOT, fields("t"))], {"h": 40}),
        ([Options(fields=fields("h")), Options(fields=fields("t"))], {"t": 20, "h": 40}),
        ([Options(fields=fields("h")), Options(max_rate=1)], {"t": 20, "h": 40}),
    ],
)
def test_an_event_goes_if_any_lets_it_through(options: list[Options], data: dict[str, object] | None) -> None:
    piece = telemetry(t=20, h=40)
    expected = None if data is None else telemetry(**data)
    assert select(piece, *options) == expected


def test_what_is_whole_is_the_same_bytes() -> None:
    piece = telemetry(t=31)
    assert select(piece, Options(HOT)) is piece
    assert select(piece, Options(fields=fields("t"))) is piece


def test_only_telemetry_is_cut_and_paced() -> None:
    piece = encode_event("twin/kitchen", 1, {"t": 31, "version": 2})
    asked = Options(HOT, fields("version"), 5)
    selection = Selection.of("twin/kitchen", [asked])
    assert (selection.plain, selection.paced) == (False, False)
    assert selection.select(Content("twin/kitchen", piece)) is piece
    assert Selection.of("twin/kitchen", [Options(fields=fields("version"), max_rate=5)]).plain
    assert select(encode_event("twin/kitchen", 1, {"t": 3}), asked, topic="twin/kitchen") is None


@pytest.mark.parametrize(
    ("options", "interval_ms"),
    [
        ([Options(max_rate=5)], 200),
        ([Options(max_rate=5), Options(max_rate=10), Options(max_rate=2)], 100),
        ([Options(max_rate=5), Options(HOT, max_rate=100)], 200),
        ([Options(max_rate=5), Options(HOT)], 200),
        ([Options(max_rate=5), Options(COLD)], None),
        ([Options(COLD)], None),
    ],
)
def test_the_highest_rate_of_those_that_let_it_through(options: list[Options], interval_ms: float | None) -> None:
    selection = Selection.of(TOPIC, options)
    assert selection.paced is any(each.max_rate for each in options)
    assert selection.interval_ms(Content(TOPIC, telemetry(t=-1))) == interval_ms


def test_an_event_is_judged_and_cut_once_for_all() -> None:
    asked: list[dict[str, Any]] = []

    def judge(data: Mapping[str, object]) -> bool:
        asked.append(dict(data))
        return True

    counting = Predicate("counting", judge)
    content = Content(TOPIC, telemetry(t=31, h=40))
    first, second = (
        Selection.of(TOPIC, [Options(counting, fields("h")), Options(COLD, max_rate=rate)]) for rate in (1, 2)
    )
    pieces = [selection.select(content) for selection in (first, second)]
    assert pieces[0] == telemetry(h=40)
    assert pieces[0] is pieces[1]
    assert first.interval_ms(content) is None
    assert asked == [{"t": 31, "h": 40}]
    assert content.event is content.event


def test_the_past_is_picked_by_topic_and_merged_under_a_rate() -> None:
    def event(topic: str, time: int, **data: object) -> tuple[str, bytes]:
        return topic, encode_event(topic, time, data)

    events = [
        event("telemetry/a", 1, t=1),
        event("telemetry/b", 2, t=2),
        event("chat/ops", 3, text="hello"),
        event("telemetry/a", 4, t=4),
        event("telemetry/b", 5, t=40),
        event("alarm/a/hot", 6, state="raised"),
        event("telemetry/b", 7, t=50),
    ]
    interests = [
        Interest("telemetry/+", Options(HOT)),
        Interest("telemetry/a", Options(max_rate=1)),
        Interest("chat/#"),
    ]
    assert picked(interests, events) == Taken(
        [merge([events[0][1], events[3][1]]).encode(), events[2][1], events[4][1], events[6][1]], 2
    )
    assert picked([], events) == Taken([], 0)


PREDICATES = st.sampled_from([None, HOT, COLD])
OPTIONS = st.builds(
    Options, PREDICATES, st.frozensets(st.sampled_from(["t", "h"]), max_size=1), st.sampled_from([None, 1, 10])
)


@given(
    st.lists(OPTIONS, min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(["t", "h"]), st.integers(-5, 40), min_size=1),
)
def test_selection_is_the_union_of_what_each_interest_wants(options: Collection[Options], data: dict[str, int]) -> None:
    through = [each for each in options if each.where is None or each.where.matches(data)]
    whole = any(not each.fields for each in through)
    keys = set(data) if whole else {key for each in through for key in each.fields} & set(data)
    wanted = select(telemetry(**data), *options)
    assert (None if wanted is None else decode_event(wanted)["data"]) == (
        {key: value for key, value in data.items() if key in keys} or None
    )
