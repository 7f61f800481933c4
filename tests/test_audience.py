import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import audience as audience_module
from hub.audience import AudienceIndex
from hub.auth import Identity, Role
from hub.errors import CloseCode
from hub.events import Batch
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
    return Session(Identity("anna", Role.VIEWER, 0), NoWire(), limit_bytes=1)


def batch(*topics: str) -> Batch:
    return Batch.of(topics, [0] * len(topics), [topic.encode() for topic in topics])


def taken(index: AudienceIndex) -> dict[frozenset[str], list[bytes]]:
    return {audience.filters: audience.take() for audience in index.take_waiting()}


def test_equal_filters_are_one_audience() -> None:
    index = AudienceIndex()
    first, second = new_session(), new_session()
    index.move(first, frozenset({"a/+", "b"}))
    index.move(second, frozenset({"b", "a/+"}))
    assert len(index) == 1
    assert first.filters is second.filters
    index.offer(batch("a/1", "b", "c"))
    assert taken(index) == {frozenset({"a/+", "b"}): [b"a/1", b"b"]}
    assert [list(audience.sessions) for audience in index] == [[first, second]]


def test_nothing_waits_twice() -> None:
    index = AudienceIndex()
    index.move(new_session(), frozenset({"#"}))
    index.offer(batch("a"))
    index.offer(batch("b"))
    assert taken(index) == {frozenset({"#"}): [b"a", b"b"]}
    assert taken(index) == {}


def test_sessions_move_and_leave() -> None:
    index = AudienceIndex()
    one = new_session()
    index.move(one, frozenset({"a"}))
    index.offer(batch("a"))
    assert taken(index) == {frozenset({"a"}): [b"a"]}
    index.move(one, frozenset({"b"}))
    index.offer(batch("a", "b"))
    assert taken(index) == {frozenset({"b"}): [b"b"]}
    index.move(one, frozenset())
    index.offer(batch("a", "b"))
    assert taken(index) == {}
    assert len(index) == 0
    assert one.filters == frozenset()


def test_an_audience_stays_while_it_has_sessions() -> None:
    index = AudienceIndex()
    first, second = new_session(), new_session()
    for one in (first, second):
        index.move(one, frozenset({"a"}))
    index.move(first, frozenset())
    index.offer(batch("a"))
    assert taken(index) == {frozenset({"a"}): [b"a"]}


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience_module, "MAX_CACHED_TOPICS", 2)
    index = AudienceIndex()
    index.move(new_session(), frozenset({"#"}))
    index.offer(batch("a", "b", "c", "a"))
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
        index.move(new_session(), filters)
    index.offer(batch(*topics))
    expected = {
        filters: [topic.encode() for topic in topics if any(matches(one, topic) for one in filters)]
        for filters in wanted
    }
    assert taken(index) == {filters: pieces for filters, pieces in expected.items() if pieces}
