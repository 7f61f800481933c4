import pytest

from hub.mqtt.url import BrokerUrl


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("mqtt://broker", BrokerUrl("broker", 1883, tls=False)),
        ("mqtts://broker/", BrokerUrl("broker", 8883, tls=True)),
        ("mqtt://127.0.0.1:1884", BrokerUrl("127.0.0.1", 1884, tls=False)),
        ("mqtt://[::1]:1884", BrokerUrl("::1", 1884, tls=False)),
        ("mqtt://anna:p%40ss%2Fword@broker", BrokerUrl("broker", 1883, tls=False, user="anna", password="p@ss/word")),
        ("mqtt://anna@broker", BrokerUrl("broker", 1883, tls=False, user="anna")),
    ],
)
def test_a_url_says_where_and_as_whom(text: str, url: BrokerUrl) -> None:
    assert BrokerUrl.parse(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "broker:1883", "http://broker", "mqtt://", "mqtt://broker:0x1", "mqtt://broker:70000", "mqtt://u:secret@b/x"],
)
def test_what_is_no_url_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"URL") as caught:
        BrokerUrl.parse(text)
    assert "secret" not in str(caught.value)


def test_its_string_has_no_password() -> None:
    url = BrokerUrl.parse("mqtts://anna:secret@[::1]:1884")
    assert str(url) == "mqtts://[::1]:1884"
    assert "secret" not in repr(url)
    assert str(BrokerUrl.parse("mqtt://broker")) == "mqtt://broker:1883"
