import pytest

from hub.decoders.base import Malformed
from hub.decoders.document import begins_document, load, load_object, read_text


@pytest.mark.parametrize(
    ("payload", "document"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":1}\0', {"a": 1}),
        (b'{"a":1}\r\n\0\0', {"a": 1}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'{"a":1e400,"b":-1e400,"c":5e-324}', {"a": None, "b": None, "c": 5e-324}),
        (b"9223372036854775807", 2**63 - 1),
        (b"18446744073709551615", 2**64 - 1),
        (b"18446744073709551616", "18446744073709551616"),
        (b"-9223372036854775808", -(2**63)),
        (b"-9223372036854775809", "-9223372036854775809"),
        (b"123456789012345678901234567890", "123456789012345678901234567890"),
        (b"[0.1234567890123456789,1e3]", [0.1234567890123456789, 1000.0]),
        (b'["x1234567890123456789","1234567890123456789"]', ["x1234567890123456789", "1234567890123456789"]),
        (b'["x12345678901234567890", 18446744073709551616]', ["x12345678901234567890", "18446744073709551616"]),
    ],
)
def test_documents_are_read_exactly(payload: bytes, document: object) -> None:
    assert load(payload) == document
    assert type(load(payload)) is type(document)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b'{"temp":21.5,"hum":', "cut off after 19 characters"),
        (b'{"t":"\xb0C"}', "not UTF-8"),
        (b"[" * 5000 + b"]" * 5000, "nested too deep"),
        (b'{"a":NaN}', "NaN is not a number"),
        (b'{"a":nan}', "nan is not a number"),
        (b'{"a":-Infinity}', "-Infinity is not a number"),
        (b"inf", "inf is not a number"),
        (b'{"a":21.5,}', "not JSON at character 9: trailing comma is not allowed"),
        ('{"ä":x}'.encode(), "not JSON at character 5: unexpected character, expected a JSON value"),
        (b'{"a":1}{"a":2}', "not JSON at character 7: unexpected content after document"),
        (b'{"a":"\\ud800"}', "not JSON at character 6: no low surrogate in string"),
        (b'{"a":1e400,"b":NaN}', "NaN is not a number"),
        (b'{"a":1e400,"b":"\\ud800"}', "not JSON at character 5: number is infinity"),
        (b'{"a":1e400,"b":' + b"[" * 100_000, "not JSON at character 5: number is infinity"),
        (b"[123456789012345678901," + b"[" * 1000 + b"]" * 1001, "nested too deep"),
        (b'{"a":info}', "not JSON at character 5"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        load(payload)
    assert str(refused.value).startswith(reason)


def test_an_object_is_asked_for() -> None:
    assert load_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(Malformed, match="no JSON object"):
        load_object(b"[1]")


@pytest.mark.parametrize(
    ("payload", "begins"), [(b" {", True), (b"\xef\xbb\xbf[", True), (b"21.5", False), (b"", False)]
)
def test_how_documents_begin(payload: bytes, begins: bool) -> None:  # noqa: FBT001 - a column of the table
    assert begins_document(payload) is begins


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"21.5", "21.5"),
        (b" \t21.5\r\n", "21.5"),
        (b"on\0", "on"),
        (b"on \0\0", "on"),
        (b"\xef\xbb\xbfon", "on"),
        (b"", ""),
    ],
)
def test_text_is_read_without_what_surrounds_it(payload: bytes, text: str) -> None:
    assert read_text(payload) == text


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"21.5 \xb0C", "not text: byte 0xb0 at 5 is not UTF-8"),
        (b"\xed\xa0\x80", "not text: byte 0xed at 0 is not UTF-8"),
        (b"a\x01b", "not text: it has control characters"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_text(payload)
    assert str(refused.value) == reason
