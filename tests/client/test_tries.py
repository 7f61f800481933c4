import pytest

from hub.client.tries import MAX_BACKOFF_S, MIN_BACKOFF_S, Tries, backoff_s, reconnects
from hub.errors import CLOSE_CODES, CLOSE_EXPIRED, CLOSE_TOO_MANY_REQUESTS


def test_the_wait_is_anything_from_the_least_to_a_growing_most() -> None:
    assert [backoff_s(failures, lambda: 0.0) for failures in (0, 5, 100_000)] == [MIN_BACKOFF_S] * 3
    most = [backoff_s(failures, lambda: 1.0) for failures in range(7)]
    assert most == [1.0, 2.0, 4.0, 8.0, 16.0, MAX_BACKOFF_S, MAX_BACKOFF_S]
    assert backoff_s(0, lambda: 0.5) == 0.75


@pytest.mark.parametrize("code", CLOSE_CODES, ids=lambda code: code.name)
def test_the_number_of_a_close_code_decides(code: object) -> None:
    number: int = getattr(code, "number")  # noqa: B009 - CloseCode
    assert reconnects(number) == (number < 3500)


@pytest.mark.parametrize(("number", "back"), [(1000, True), (1006, True), (3999, False), (4000, True)])
def test_other_close_codes(number: int, *, back: bool) -> None:
    assert reconnects(number) is back


def test_only_a_hub_that_has_spoken_ends_a_row_of_failures() -> None:
    tries = Tries(lambda: 1.0)
    assert [tries.lost(None), tries.lost(1006)] == [1.0, 2.0]
    tries.begin()
    tries.understood()
    assert tries.lost(None) == 1.0


def test_a_terminal_close_is_the_end() -> None:
    assert Tries(lambda: 1.0).lost(3507) is None


def test_a_token_that_had_expired_before_the_hub_said_a_word_is_the_end() -> None:
    tries = Tries(lambda: 1.0)
    tries.begin()
    assert tries.lost(CLOSE_EXPIRED.number) is None
    tries.understood()
    assert tries.lost(CLOSE_EXPIRED.number) == 1.0


def test_a_hub_that_asks_for_time_gets_it() -> None:
    assert Tries(lambda: 1.0).lost(CLOSE_TOO_MANY_REQUESTS.number) == MAX_BACKOFF_S
