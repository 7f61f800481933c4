import pytest

from hub.errors import UNSUPPORTED_MEDIA, HubError
from hub.submission_forms import FORMS, form_of, messages_of, topic_of


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("Text/Plain", "text/plain"),
        ("application/senml+cbor", "application/senml+cbor"),
    ],
)
def test_the_form_of_a_content_type(content_type: str, form: str) -> None:
    assert form_of(content_type) == form
    assert FORMS[form]


def test_another_type_is_refused() -> None:
    with pytest.raises(HubError) as refused:
        form_of("image/png")
    assert refused.value.code is UNSUPPORTED_MEDIA


def test_a_topic_says_the_device() -> None:
    assert topic_of("text/csv", "kitchen") == "devices/kitchen/telemetry"
    assert topic_of("text/plain", "kitchen") == "telegraf/devices/kitchen/telemetry"


def test_lines_are_messages_of_their_own() -> None:
    assert list(messages_of("application/x-ndjson", b'{"a":1}\r\n\n{"a":2}\n')) == [b'{"a":1}', b'{"a":2}']
    assert list(messages_of("text/plain", b"a b=1\nc d=2")) == [b"a b=1\nc d=2"]
