import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.decoders import FAMILIES
from hub.decoders.base import Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.passage import MAX_MEMBERS, Passage, passage_of
from hub.decoders.registry import PASSAGE_TRIES, Decoders
from hub.decoders.tally import Tally
from hub.descriptions import Descriptions
from hub.draft import Draft
from tests.decoders.told import NOW

TOPIC = "devices/kitchen/telemetry"


def passage(payload: bytes) -> Passage | None:
    return passage_of(Tally("json"), Decoded("kitchen", "telemetry", orjson.loads(payload)), payload)


def passed(first: bytes, then: bytes) -> bytes | None:
    made = passage(first)
    assert made is not None
    return made.data(then)


@pytest.mark.parametrize(
    ("first", "then", "data"),
    [
        (b'{"a":1}', b'{"a":-2.75}', b'{"a":-2.75}'),
        (b'{"a":1,"on":true}', b'{"a":0,"on":false}', b'{"a":0,"on":false}'),
        (b'{ "a": 1,\n\t"b" :2.5 }', b'{ "a": 3,\n\t"b" :9999999999999999 }', b'{"a":3,"b":9999999999999999}'),
        ('{"°C":1}'.encode(), '{"°C":2}'.encode(), '{"°C":2}'.encode()),
        (b'{"a.b[0]":1}', b'{"a.b[0]":7}', b'{"a.b[0]":7}'),
    ],
)
def test_the_same_members_with_other_numbers_are_data_as_they_stand(first: bytes, then: bytes, data: bytes) -> None:
    assert passed(first, then) == data


@pytest.mark.parametrize(
    "then",
    [
        b'{"a":1}',
        b'{"b":2,"a":1}',
        b'{"a":1,"b":2,"c":3}',
        b'{"a":1, "b":2}',
        b'{"a":1,"b":"2"}',
        b'{"a":1,"b":true}',
        b'{"a":1,"b":null}',
        b'{"a":1,"b":1e3}',
        b'{"a":1,"b":01}',
        b'{"a":1,"b":1.}',
        b'{"a":1,"b":12345678901234567}',
        b'{"a":1,"b":0.12345678901234567}',
        b'{"a":1,"b":NaN}',
        b'{"a":1,"b":2}x',
        b'{"a":1,"b":2}\n',
        b'{"a":1,"b":',
        b'{"axb":1,"b":2}',
        b"",
    ],
)
def test_whatever_is_of_another_form_is_decoded(then: bytes) -> None:
    assert passed(b'{"a":1,"b":2}', then) is None


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"a":"text"}',
        b'{"a":1,"b":"text"}',
        b'{"a":1,"b":1e3}',
        b'{"a":{"b":1}}',
        b'{"a b":1}',
        rb'{"\u0061":1}',
        b' {"a":1}',
        b'{"a":1} ',
        b'{"a":[1]}',
    ],
)
def test_there_is_none_for_what_does_not_stand_for_itself(payload: bytes) -> None:
    assert passage(payload) is None


def test_there_is_none_for_a_name_that_is_there_twice_or_is_no_reading() -> None:
    assert passage(b'{"a":1,"a":2}') is None
    assert passage_of(Tally("json"), Decoded("kitchen", "telemetry", {"a": 1}), b'{"a":1,"b":2}') is None
    assert passage_of(Tally("json"), Decoded("kitchen", "telemetry", {"a": 1}), b'{"a":1,}') is None


def test_there_is_none_for_very_many_members() -> None:
    assert passage(orjson.dumps({f"k{number}": number for number in range(MAX_MEMBERS)})) is not None
    assert passage(orjson.dumps({f"k{number}": number for number in range(MAX_MEMBERS + 1)})) is None


def test_a_topic_that_sends_ever_other_forms_is_not_tried_for_ever() -> None:
    decoders = Decoders(FAMILIES, Knowledge())
    for blanks in range(PASSAGE_TRIES + 2):
        payload = b'{"a":' + b" " * blanks + b"1}"
        decoders.decode(TOPIC, payload, NOW)
        decoders.decode(TOPIC, payload, NOW)
    kept = decoders.passage(TOPIC)
    assert kept is not None
    assert kept.data(b'{"a":' + b" " * (PASSAGE_TRIES + 1) + b"1}") is None
    assert decoders.passage("devices/other/telemetry") is None


def test_what_is_passed_on_is_counted_and_not_after_the_topic_is_to_be_claimed_anew() -> None:
    decoders = Decoders(FAMILIES, Knowledge())
    for _ in range(2):
        decoders.decode(TOPIC, b'{"a":1}', NOW)
    kept = decoders.passage(TOPIC)
    assert kept is not None
    assert (kept.family, kept.said.device) == ("json", "kitchen")
    assert (kept.data(b'{"a":2}'), kept.data(b'{"a":"text"}')) == (b'{"a":2}', None)
    assert decoders.tallies["json"].decoded == 3
    decoders.reset()
    assert decoders.passage(TOPIC) is None


NUMBERS = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans())
VALUES = NUMBERS | st.none() | st.text(max_size=3) | st.lists(NUMBERS, max_size=2)
NAMES = st.sampled_from(["a", "b", "temperature", "time", "ts", "unit", "state", "id", "event", "é", "x y", 'q"'])
MESSAGES = st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from([None, 1])), max_size=4)


@given(
    first=st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=4),
    numbers=st.lists(st.lists(NUMBERS, min_size=4, max_size=4), max_size=4),
    others=MESSAGES,
    topic=st.sampled_from([TOPIC, "devices/kitchen/state", "home/kitchen/lamp", "kitchen"]),
)
@settings(deadline=None)
def test_what_is_passed_on_is_what_decoding_would_say(
    first: dict[str, float],
    numbers: list[list[float]],
    others: list[tuple[dict[str, object], int | None]],
    topic: str,
) -> None:
    alike = [json.dumps(dict(zip(first, values, strict=False))) for values in numbers]
    texts = [json.dumps(first)] * 2 + alike + [json.dumps(other, indent=blanks) for other, blanks in others] + alike
    passing, decoding = Decoders(FAMILIES, Knowledge()), Decoders(FAMILIES, Knowledge())
    for text in texts:
        payload = text.encode()
        assert events(passing, topic, payload, passes=True) == events(decoding, topic, payload, passes=False)


def events(decoders: Decoders, topic: str, payload: bytes, *, passes: bool) -> list[object]:
    draft = Draft(Descriptions(), now_ms=NOW)
    passage = decoders.passage(topic) if passes else None
    data = None if passage is None else passage.data(payload)
    try:
        if passage is not None and data is not None:
            draft.pass_on(passage, data)
        else:
            outcome = decoders.decode(topic, payload, NOW)
            if outcome is not None:
                draft.tell(outcome, retained=False)
    except (Malformed, Unsupported) as refused:
        return [str(refused)]
    return orjson.loads(b"[%b]" % draft.batch(source="", packets=()).body) if len(draft) else []
