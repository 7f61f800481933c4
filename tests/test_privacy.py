import pytest

from hub.privacy import private_room


@pytest.mark.parametrize("topic", ["chat/~boiler", "room/~boiler", "presence/chat/~boiler", "chat/~boiler/more"])
def test_topics_of_a_private_room(topic: str) -> None:
    assert private_room(topic) == "~boiler"


@pytest.mark.parametrize(
    "topic",
    ["chat/ops", "chat", "~", "chat/a~b", "telemetry/~kitchen", "presence/~x", "$read/anna/~boiler", "a/chat/~x"],
)
def test_all_other_topics(topic: str) -> None:
    assert private_room(topic) is None
