import pytest

from hub.chat import MAX_TEXT_BYTES, compose
from hub.errors import INVALID_DATA, TOO_LARGE, ErrorCode, HubError


def test_the_author_is_the_servers_to_say() -> None:
    assert compose({"text": "hello", "author": "somebody else"}, "anna") == {"text": "hello", "author": "anna"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, INVALID_DATA),
        ({"text": 1}, INVALID_DATA),
        ({"text": ""}, INVALID_DATA),
        ({"text": " \n\t"}, INVALID_DATA),
        ({"text": "a", "colour": "red"}, INVALID_DATA),
        ({"text": "a" * (MAX_TEXT_BYTES + 1)}, TOO_LARGE),
        ({"text": "ж" * (MAX_TEXT_BYTES // 2 + 1)}, TOO_LARGE),
    ],
)
def test_what_is_no_message_is_refused(data: dict[str, object], code: ErrorCode) -> None:
    with pytest.raises(HubError) as refused:
        compose(data, "anna")
    assert refused.value.code is code


def test_a_message_of_the_limit_fits() -> None:
    assert compose({"text": "a" * MAX_TEXT_BYTES}, "anna")["text"] == "a" * MAX_TEXT_BYTES
