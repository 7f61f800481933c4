import pytest

from hub.bench.own_hub import program
from hub.bench.target import given_target
from hub.errors import HubError


def test_where_a_hub_is() -> None:
    target = given_target("ws://hub.example:8000/ws", broker="mqtt://anna:secret@broker.example", token="t")
    assert (target.host, target.port, target.path) == ("hub.example", 8000, "/ws")
    assert (target.broker.host, target.broker.port, target.broker.user) == ("broker.example", 1883, "anna")
    assert "secret" not in repr(target)


def test_what_need_not_be_said() -> None:
    target = given_target("http://hub.example", broker=None, token="t")
    assert (target.port, target.path, target.broker.host, target.broker.port) == (80, "/ws", "hub.example", 1883)


@pytest.mark.parametrize("url", ["wss://hub.example", "hub.example:8000", "ws://", "ws://hub.example:port"])
def test_what_is_no_hub(url: str) -> None:
    with pytest.raises(HubError, match="is not the URL of a hub"):
        given_target(url, broker=None, token="t")


@pytest.mark.parametrize("broker", ["mqtts://broker.example", "http://broker.example", "broker.example:port"])
def test_what_is_no_broker(broker: str) -> None:
    with pytest.raises(HubError, match="roker"):
        given_target("ws://hub.example", broker=broker, token="t")


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(HubError, match=r"no-such-server is not on the PATH.*--set-up default"):
        program("no-such-server")
