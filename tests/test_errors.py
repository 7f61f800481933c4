import pytest

from hub import errors
from hub.errors import CLOSE_CODES, ERROR_CODES, CloseCode, ErrorCode, HubError, InvalidFrame


def test_numbers_and_names_are_unique() -> None:
    for codes in (ERROR_CODES, CLOSE_CODES):
        assert len({code.number for code in codes}) == len(codes)
        assert len({code.name for code in codes}) == len(codes)


def test_every_code_of_the_module_is_in_its_table() -> None:
    found = vars(errors).values()
    assert {code for code in found if isinstance(code, ErrorCode)} == set(ERROR_CODES)
    assert {code for code in found if isinstance(code, CloseCode)} == set(CLOSE_CODES)


def test_every_code_has_a_sentence_and_an_http_error() -> None:
    for code in (*ERROR_CODES, *CLOSE_CODES):
        assert code.message.endswith(".")
        assert code.name == code.name.lower()
    assert all(400 <= code.http_status < 600 for code in ERROR_CODES)


@pytest.mark.parametrize("code", CLOSE_CODES, ids=lambda code: code.name)
def test_the_number_says_whether_to_come_back(code: CloseCode) -> None:
    assert 3000 <= code.number < 4000
    assert code.reconnect == (code.number < 3500)


def subclasses() -> list[type[HubError]]:
    return [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, HubError)]


def test_a_limit_says_how_long_to_wait() -> None:
    error = errors.TooManyRequests("Too often; wait 3 s.", retry_after_s=3)
    assert (error.code, error.retry_after_s, str(error)) == (errors.TOO_MANY_REQUESTS, 3, "Too often; wait 3 s.")


@pytest.mark.parametrize(
    "kind", [kind for kind in subclasses() if kind is not errors.TooManyRequests], ids=lambda kind: kind.__name__
)
def test_an_error_carries_its_code_and_sentence(kind: type[HubError]) -> None:
    assert kind().code in ERROR_CODES
    assert str(kind()) == kind.code.message
    assert str(kind("It went so.")) == "It went so."
    other = kind(code=errors.CONFLICT)
    assert other.code is errors.CONFLICT
    assert str(other) == errors.CONFLICT.message
    assert kind().code is kind.code


def test_every_exception_is_in_the_tree_of_the_docstring() -> None:
    for kind in subclasses():
        assert kind.__name__ in (errors.__doc__ or "")


def test_a_bad_frame_keeps_its_id() -> None:
    assert InvalidFrame(frame_id=7).frame_id == 7
    assert InvalidFrame().frame_id is None
