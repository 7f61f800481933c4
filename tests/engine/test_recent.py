from hub.engine.recent import Recent
from tests.engine.places import batch, numbers


def filled(first: int, last: int, *, max_batches: int = 1000, max_bytes: int = 10**6) -> Recent:
    recent = Recent(max_batches=max_batches, max_bytes=max_bytes)
    for i in range(first, last + 1):
        recent.append(i, batch(i), 100)
    return recent


def found(recent: Recent, after: int, limit: int) -> list[int] | None:
    batches = recent.after(after, limit)
    return None if batches is None else numbers(batches)


def test_it_reaches_back_as_far_as_its_count() -> None:
    recent = filled(1, 10, max_batches=4)
    assert found(recent, 5, 10) is None
    assert found(recent, 6, 10) == [7, 8, 9, 10]
    assert found(recent, 7, 2) == [8, 9]
    assert found(recent, 10, 5) == []


def test_it_reaches_back_as_far_as_its_bytes() -> None:
    assert found(filled(1, 10, max_bytes=250), 8, 5) == [9, 10]
    assert found(filled(1, 10, max_bytes=250), 7, 5) is None


def test_it_may_begin_anywhere_or_be_empty() -> None:
    assert found(filled(101, 103), 100, 5) == [101, 102, 103]
    assert found(Recent(), 0, 5) is None
    recent = filled(1, 3, max_bytes=50)
    assert found(recent, 3, 5) is None
    recent.append(4, batch(4), 10)
    assert found(recent, 3, 5) == [4]
