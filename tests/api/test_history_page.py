import base64
import json

import pytest

from hub.api.history_page import MAX_SERIES, HistoryPage
from hub.errors import BAD_REQUEST, HubError

KEYS = [f"k{number:02}" for number in range(2 * MAX_SERIES + 3)]


def test_a_page_comes_back_from_its_text() -> None:
    for page in (HistoryPage(1, 2), HistoryPage(1, 2, {"a": "x", "ü/": "y"}, "b")):
        assert HistoryPage.decode(page.encode()) == page


def test_turns_begin_every_key_once() -> None:
    page, begun = HistoryPage(1, 2), []
    while turn := page.turn(reversed(KEYS)):
        begun += list(turn)
        page = page.rest(turn, {})
    assert begun == KEYS


def test_series_that_go_on_come_first_and_leave_less_room() -> None:
    page = HistoryPage(1, 2, {"k00": "x", "k01": "y"}, "k05")
    turn = page.turn(KEYS)
    assert list(turn) == ["k00", "k01", *KEYS[6 : 6 + MAX_SERIES - 2]]
    assert (turn["k00"], turn["k06"]) == ("x", None)


def test_the_empty_key_is_a_key() -> None:
    page = HistoryPage(1, 2)
    assert page.turn([""]) == {"": None}
    assert page.rest([""], {}).turn([""]) == {}


def test_without_keys_there_is_nothing() -> None:
    assert HistoryPage(1, 2).rest([], {}) == HistoryPage(1, 2)


def text_of(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "я",
        "abc",
        text_of(7),
        text_of([1, 2, {}]),
        text_of(["1", 2, {}, None]),
        text_of([1, 2.5, {}, None]),
        text_of([1, 2, [], None]),
        text_of([1, 2, {}, 7]),
        text_of([1, 2, {"a": 1}, None]),
        text_of([1, 2, dict.fromkeys(KEYS, "x"), None]),
    ],
)
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(HubError) as caught:
        HistoryPage.decode(text)
    assert caught.value.code is BAD_REQUEST
