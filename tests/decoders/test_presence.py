import pytest

from hub.decoders.presence import presence, tells_presence


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("status", "online", "online"),
        ("State", " OFFLINE ", "offline"),
        ("LWT", "Connected", "online"),
        ("lwt", "lost", "offline"),
        ("availability", "unavailable", "offline"),
        ("online", True, "online"),
        ("online", "false", "offline"),
        ("connected", 1, "online"),
        ("alive", "0", "offline"),
        ("status", "3", None),
        ("status", True, None),
        ("state", "open", None),
        ("state", "OFF", None),
        ("connection", 21.5, None),
        ("temperature", "online", None),
        ("state", None, None),
    ],
)
def test_presence_is_said_in_few_words_under_few_names(name: str, value: object, status: str | None) -> None:
    assert presence(name, value) == status


def test_names() -> None:
    assert tells_presence("Availability")
    assert not tells_presence("temperature")
