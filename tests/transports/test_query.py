import pytest

from hub.errors import HubError
from hub.events import Position
from hub.transports.query import plain, read_begin, read_query, subscription


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        (b"filter=telemetry/%2B", ("telemetry/+",)),
        (b"filter=telemetry/+", ("telemetry/+",)),
        (b"filter=+/%23&filter=+", ("+/#", "+")),
        (b"filter=chat/my+room", ("chat/my room",)),
        (b"filter=chat/%D1%86%D0%B5%D1%85&filter=a&filter=a", ("chat/цех", "a")),
    ],
)
def test_filters(query: bytes, filters: tuple[str, ...]) -> None:
    assert read_query(query).filters == filters


def test_the_rest_of_a_subscription() -> None:
    frame = read_query(b"filter=a&snapshot=1&since=k3v9-7")
    assert (frame.snapshot, frame.since, frame.limit) == (True, Position("k3v9", 7), None)
    frame = read_query(b"filter=a")
    assert (frame.snapshot, frame.since) == (False, None)
    assert subscription(["a"], since="", snapshot=False, limit=5).limit == 5


def test_the_last_event_id_wins_over_since() -> None:
    assert read_query(b"filter=a&since=k3v9-7", last_event_id="k3v9-9").since == Position("k3v9", 9)


def test_members_that_nobody_knows_are_passed_over() -> None:
    assert read_query(b"filter=a&ticket=q7Zt&colour=red") == read_query(b"filter=a")


def test_what_begins_beside() -> None:
    assert read_begin(b"filter=a&since=k3v9-7") is None
    frame = read_begin(b"filter=a&since=k3v9-7&snapshot=1&begin=b/+")
    assert frame is not None
    assert (frame.id, frame.filters, frame.since, frame.snapshot) == (2, ("b/+",), None, True)


def test_options() -> None:
    query = b"filter=a&where=%7B%22key%22:%22t%22,%22op%22:%22exists%22%7D&fields=t&fields=u&max_rate=0.5&presence=1"
    frame = read_query(query)
    assert frame.options.as_json() == {"where": {"key": "t", "op": "exists"}, "fields": ["t", "u"], "max_rate": 0.5}
    assert frame.presence
    begin = read_begin(query + b"&begin=b&begin_since=k3v9-3")
    assert begin is not None
    assert (begin.options, begin.since) == (frame.options, Position("k3v9", 3))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        (b"filter=a&where=%7B", "invalid_predicate"),
        (b"filter=a&where=1", "invalid_predicate"),
        (b"filter=a&fields=", "bad_request"),
        (b"filter=a&max_rate=often", "bad_request"),
        (b"filter=a&max_rate=nan", "bad_request"),
        (b"filter=a&presence=yes", "bad_request"),
        (b"", "bad_request"),
        (b"filter=a&snapshot=yes", "bad_request"),
        (b"filter=%ff", "bad_request"),
        (b"filter=\xff", "bad_request"),
        (b"filter=a&" * 201, "bad_request"),
        (b"filter=a/%23/b", "invalid_filter"),
        (b"filter=", "invalid_filter"),
        (b"filter=a&since=now", "invalid_position"),
    ],
)
def test_what_is_refused(query: bytes, name: str) -> None:
    with pytest.raises(HubError) as refused:
        read_query(query)
    assert refused.value.code.name == name


def test_a_lone_space_is_a_plus() -> None:
    assert [plain(text) for text in (" ", "a/ /b", "a b", " a", "a/ ")] == ["+", "a/+/b", "a b", " a", "a/+"]
