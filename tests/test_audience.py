import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import audience as audience_module
from hub.audience import AudienceIndex
from hub.auth import Identity, Role, View
from hub.errors import CloseCode
from hub.events import Batch, Position, encode_event
from hub.interest import Interest, Options
from hub.protocol import Frame
from hub.session import Session
from hub.topics import matches


class NoWire:
    def write(self, frame: Frame) -> None:
        raise AssertionError(f"an audience writes nothing: {frame}")

    def waiting_bytes(self) -> int:
        return 0

    def close(self, code: CloseCode, reason: str) -> None:
        raise AssertionError(f"an audience closes nothing: {code} {reason}")


def new_session() -> Session:
    return Session(Identity("anna", Role.VIEWER, 0), NoWire(), limit_bytes=1, slow={})


def batch(*topics: str) -> Batch:
    return Batch.of(topics, [0] * len(topics), [topic.encode() for topic in topics])


def plain(*filters: str) -> frozenset[Interest]:
    return frozenset(Interest(topic_filter) for topic_filter in filters)


BEFORE = Position("a", 1)


def offer(index: AudienceIndex, *topics: str) -> None:
    index.offer(batch(*topics), before=BEFORE, now_ms=0)


def taken(index: AudienceIndex) -> dict[frozenset[str], list[bytes]]:
    return {audience.filters: audience.take() for audience in index.take_waiting()}


def test_equal_filters_are_one_audience() -> None:
    index = AudienceIndex()
    first, second = new_session(), new_session()
    index.move(first, plain("a/+", "b"))
    index.move(second, plain("b", "a/+"))
    assert len(index) == 1
    assert first.filters is second.filters
    offer(index, "a/1", "b", "c")
    assert taken(index) == {frozenset({"a/+", "b"}): [b"a/1", b"b"]}
    assert [list(audience.sessions) for audience in index] == [[first, second]]


def test_nothing_waits_twice() -> None:
    index = AudienceIndex()
    index.move(new_session(), plain("#"))
    offer(index, "a")
    offer(index, "b")
    assert taken(index) == {frozenset({"#"}): [b"a", b"b"]}
    assert taken(index) == {}


def test_sessions_move_and_leave() -> None:
    index = AudienceIndex()
    one = new_session()
    index.move(one, plain("a"))
    offer(index, "a")
    assert taken(index) == {frozenset({"a"}): [b"a"]}
    index.move(one, plain("b"))
    offer(index, "a", "b")
    assert taken(index) == {frozenset({"b"}): [b"b"]}
    index.move(one, ())
    offer(index, "a", "b")
    assert taken(index) == {}
    assert len(index) == 0
    assert one.filters == frozenset()


def test_an_audience_stays_while_it_has_sessions() -> None:
    index = AudienceIndex()
    first, second = new_session(), new_session()
    for one in (first, second):
        index.move(one, plain("a"))
    index.move(first, ())
    offer(index, "a")
    assert taken(index) == {frozenset({"a"}): [b"a"]}


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience_module, "MAX_CACHED_TOPICS", 2)
    index = AudienceIndex()
    index.move(new_session(), plain("#"))
    offer(index, "a", "b", "c", "a")
    assert index.cache_resets == 1
    assert taken(index) == {frozenset({"#"}): [b"a", b"b", b"c", b"a"]}


LEVELS = st.sampled_from(["a", "b", "$c", ""])
TOPICS = st.lists(LEVELS, min_size=1, max_size=3).map("/".join).filter(bool)
FILTERS = st.tuples(
    st.lists(st.sampled_from(["a", "b", "$c", "+"]), min_size=1, max_size=3), st.sampled_from([[], ["#"]])
).map(lambda parts: "/".join(parts[0] + parts[1]))


@given(
    st.lists(st.frozensets(FILTERS, min_size=1, max_size=3), min_size=1, max_size=5),
    st.lists(TOPICS, min_size=1, max_size=10),
)
def test_each_audience_gets_what_its_filters_select_in_order(wanted: list[frozenset[str]], topics: list[str]) -> None:
    index = AudienceIndex()
    for filters in wanted:
        index.move(new_session(), plain(*filters))
    offer(index, *topics)
    expected = {
        filters: [topic.encode() for topic in topics if any(matches(one, topic) for one in filters)]
        for filters in wanted
    }
    assert taken(index) == {filters: pieces for filters, pieces in expected.items() if pieces}


def test_who_may_see_less_is_another_audience() -> None:
    index = AudienceIndex()
    index.move(new_session(), plain("#"))
    admin = new_session()
    index.move(admin, plain("#"), View(admin=True, filters=None))
    offer(index, "system/audit/sign-in", "a")
    found = {audience.view: audience.take() for audience in index.take_waiting()}
    assert found == {None: [b"a"], View(admin=True, filters=None): [b"system/audit/sign-in", b"a"]}
    assert index.of(admin) is not None


def warm(value: float) -> Batch:
    return Batch.of(["telemetry/a"], [0], [encode_event("telemetry/a", 0, {"t": value, "h": 1})])


def test_an_interest_may_ask_for_less() -> None:
    index = AudienceIndex()
    hot = Options.parse({"where": {"key": "t", "op": "gt", "value": 30}, "fields": ["t"]})
    index.move(new_session(), [Interest("telemetry/+", hot)])
    index.move(new_session(), [Interest("telemetry/+", hot), Interest("telemetry/a")])
    for value in (20, 40, 50):
        index.offer(warm(value), before=BEFORE, now_ms=0)
    sizes = sorted(len(audience.take()) for audience in index.take_waiting())
    assert sizes == [2, 3]


def test_an_interest_may_ask_for_a_rate() -> None:
    index = AudienceIndex()
    index.move(new_session(), [Interest("telemetry/+", Options.parse({"max_rate": 1})), Interest("b")])
    (audience,) = index
    for n in range(3):
        index.offer(warm(n), before=Position("a", n), now_ms=n)
    offer(index, "b")
    assert index.take_waiting() == [audience]
    assert audience.take() == [b"b"]
    assert index.paced() == [audience]
    assert audience.pace is not None
    assert len(audience.pace.take(2).pieces) == 1
    assert index.paced() == []
    (one,) = audience.sessions
    index.move(one, ())
    assert index.paced() == []


def test_the_audiences_of_a_topic() -> None:
    index = AudienceIndex()
    selective, other, hidden = new_session(), new_session(), new_session()
    index.move(selective, {Interest("chat/+", Options(fields=frozenset({"text"})))})
    index.move(other, plain("telemetry/+"))
    index.move(hidden, plain("#"), View(admin=False, filters=("telemetry/+",)))
    assert [list(audience.sessions) for audience in index.on("chat/ops")] == [[selective]]


def test_who_wants_all_of_a_topic_and_who_wants_some_of_it() -> None:
    index = AudienceIndex()
    everyone, selective = new_session(), new_session()
    index.move(everyone, plain("telemetry/+"))
    index.move(selective, {Interest("telemetry/+", Options(fields=frozenset({"t"})))})
    piece = encode_event("telemetry/a", 1, {"t": 1, "h": 2})
    index.offer(Batch.of(["telemetry/a"], [1], [piece]), before=BEFORE, now_ms=0)
    said = {tuple(audience.sessions): audience.take() for audience in index.take_waiting()}
    assert said == {(everyone,): [piece], (selective,): [encode_event("telemetry/a", 1, {"t": 1})]}


def test_an_audience_that_names_its_topics_has_no_others_looked_up_anew() -> None:
    index = AudienceIndex()
    everyone, own = new_session(), new_session()
    index.move(everyone, plain("#"))
    offer(index, "a/1", "a/2")
    taken(index)
    known = index.on("a/2")
    index.move(own, plain("a/1", "b"))
    offer(index, "a/1", "a/2", "b")
    assert taken(index) == {frozenset({"#"}): [b"a/1", b"a/2", b"b"], frozenset({"a/1", "b"}): [b"a/1", b"b"]}
    assert index.on("a/2") == known
    index.move(own, ())
    offer(index, "a/1", "a/2")
    assert taken(index) == {frozenset({"#"}): [b"a/1", b"a/2"]}
