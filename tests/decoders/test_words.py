import pytest

from hub.decoders.base import Malformed, Status
from hub.decoders.words import status_of, value_of


@pytest.mark.parametrize(
    ("payload", "value"),
    [(b"21.5", 21.5), (b" 7 ", 7), (b"true", True), (b"FALSE", False), (b"ON", "ON"), (b"nan", None), (b"null", None),
     (b"", None), (b"-inf", None), (b"007", "007"), (b"18446744073709551615", 18446744073709551615)],
)  # fmt: skip
def test_words_and_numbers(payload: bytes, value: object) -> None:
    assert value_of(payload) == value


def test_a_number_past_the_largest_is_refused() -> None:
    with pytest.raises(Malformed):
        value_of(b"1e999")


@pytest.mark.parametrize(("payload", "status"), [(b"Yes", "online"), (b"no", "offline"), (b"", None)])
def test_presence(payload: bytes, status: Status | None) -> None:
    assert status_of(payload, online="yes", offline="no") == status


def test_another_word_is_no_presence() -> None:
    with pytest.raises(Malformed, match="maybe"):
        status_of(b"maybe")
