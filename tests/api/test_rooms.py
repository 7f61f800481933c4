"""Chat rooms of a whole hub: what may be asked of them, and what people then see."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.auth import Identity, Keys, Role, sign
from tests.running import BROKERLESS, SECRET, Client, Running, running, settings_for, token, until


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path, roles=BROKERLESS)) as found:
        yield found


class Asker:
    """Somebody who asks the API of a hub."""

    def __init__(self, hub: Running, user: str = "anna", role: Role = Role.OPERATOR, *, auth: str = "") -> None:
        self.origin = hub.origin
        self.auth = auth or token(user, role)

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        """The answer; for an error its name."""
        async with httpx.AsyncClient(base_url=self.origin) as http:
            headers = {"Authorization": f"Bearer {self.auth}"}
            answer = await http.request(method, f"/api/rooms{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        said = answer.json() if answer.content else None
        return said["error"]["name"] if isinstance(said, dict) and "error" in said else said

    async def room(self, name: str) -> Any:
        return await self.ask("GET", f"/{name}")

    async def names(self) -> list[str]:
        return [room["room"] for room in (await self.ask("GET", ""))["rooms"]]

    async def texts(self, name: str) -> list[str]:
        return [message["text"] for message in (await self.ask("GET", f"/{name}/messages"))["messages"]]


@pytest.fixture
def anna(hub: Running) -> Asker:
    return Asker(hub, "anna")


@pytest.fixture
def ivan(hub: Running) -> Asker:
    return Asker(hub, "ivan")


@pytest.fixture
async def clients(hub: Running) -> AsyncIterator[dict[str, Client]]:
    """Everybody's dashboard, on all rooms."""
    async with AsyncExitStack() as stack:
        found = {}
        for user, role in (("anna", Role.OPERATOR), ("ivan", Role.OPERATOR), ("boss", Role.ADMIN)):
            client = await stack.enter_async_context(Client.connected(hub.ws_url, auth=token(user, role)))
            await client.subscribe("chat/#", "room/#")
            found[user] = client
        yield found


def refused(reply: dict[str, Any], name: str) -> None:
    assert reply["ok"] is False, reply
    assert reply["error"]["name"] == name


async def say(client: Client, topic: str, text: str, **more: Any) -> dict[str, Any]:
    """Say something and give back its event's data, as it came to the one who said it."""
    reply = await client.publish(topic, {"text": text, **more})
    assert reply["ok"], reply
    await client.receive_until(lambda c: any(data.get("text") == text for data in c.on(topic)))
    return next(data for data in client.on(topic) if data.get("text") == text)


async def test_a_room_is_made_changed_and_archived(anna: Asker, ivan: Asker, clients: dict[str, Client]) -> None:
    made = await anna.ask("POST", "", {"room": "ops", "title": "Operations", "topic": "what goes on"}, status=201)
    assert (made["room"], made["version"], made["title"], made["topic"]) == ("ops", 1, "Operations", "what goes on")
    assert (made["private"], made["members"], made["created_by"], made["unread"]) == (False, [], "anna", 0)
    assert await ivan.ask("POST", "", {"room": "ops"}, status=409) == "conflict"
    assert (await ivan.ask("PATCH", "/ops", {"title": "Ops"}))["title"] == "Ops"
    assert await ivan.ask("PATCH", "/ops", {"archived": True}, status=403) == "permission_denied"
    assert (await anna.ask("PATCH", "/ops", {"archived": True}))["archived"] is True
    refused(await clients["ivan"].publish("chat/ops", {"text": "anybody?"}), "room_archived")
    assert await anna.ask("PATCH", "/ops", {"title": "x"}, status=409) == "room_archived"
    assert await anna.ask("PATCH", "/none", {"title": "x"}, status=404) == "not_found"
    await clients["boss"].receive_until(lambda c: len(c.on("room/ops")) == 3)
    assert [data["version"] for data in clients["boss"].on("room/ops")] == [1, 2, 3]
    assert [data["by"] for data in clients["boss"].on("room/ops")] == ["anna", "ivan", "anna"]


async def test_rooms_change_by_publishing_too(clients: dict[str, Client], anna: Asker) -> None:
    assert (await clients["anna"].publish("room/ops", {"title": "Operations"}))["ok"]
    assert (await clients["ivan"].publish("room/ops", {"topic": "news"}))["ok"]
    refused(await clients["ivan"].publish("room/ops", {"colour": "red"}), "invalid_data")
    room = await anna.room("ops")
    assert (room["title"], room["topic"], room["version"]) == ("Operations", "news", 2)


async def test_a_public_room_comes_to_be_with_its_first_message(anna: Asker, clients: dict[str, Client]) -> None:
    assert await anna.names() == []
    message = await say(clients["ivan"], "chat/ops", "hello")
    await clients["anna"].receive_until(lambda c: c.on("chat/ops") == [message])
    room = await anna.room("ops")
    assert (room["version"], room["unread"], room["mentions"]) == (0, 1, 0)
    assert room["last_message"]["id"] == message["id"]
    refused(await clients["ivan"].publish("chat/ops/more", {"text": "hello"}), "permission_denied")
    refused(await clients["ivan"].publish(f"chat/{'x' * 65}", {"text": "hello"}), "invalid_data")


async def test_viewers_read_and_mark_but_do_not_write(hub: Running, clients: dict[str, Client]) -> None:
    viewer = Asker(hub, "vera", Role.VIEWER)
    message = await say(clients["anna"], "chat/ops", "hello")
    assert await viewer.texts("ops") == ["hello"]
    assert (await viewer.ask("PUT", "/ops/read", {"id": message["id"]}))["unread"] == 0
    assert await viewer.ask("POST", "", {"room": "other"}, status=403) == "permission_denied"
    assert await viewer.ask("PATCH", "/ops", {"title": "x"}, status=403) == "permission_denied"


async def test_only_members_see_a_private_room(anna: Asker, ivan: Asker, clients: dict[str, Client]) -> None:
    made = await anna.ask("POST", "", {"room": "~boiler", "members": ["ivan"]}, status=201)
    assert made["members"] == ["anna", "ivan"]
    assert made["private"] is True
    message = await say(clients["ivan"], "chat/~boiler", "it leaks @boss @anna")
    assert message["mentions"] == ["anna"]
    await clients["anna"].receive_until(lambda c: c.on("chat/~boiler") == [message])
    await say(clients["anna"], "chat/ops", "public")
    await clients["boss"].receive_until(lambda c: len(c.on("chat/ops")) == 1)
    assert {event["topic"] for event in clients["boss"].events} == {"chat/ops"}
    refused(await clients["boss"].publish("chat/~boiler", {"text": "let me in"}), "not_found")
    refused(await clients["boss"].publish("room/~boiler", {"invite": ["boss"]}), "not_found")
    refused(await clients["anna"].publish("chat/~none", {"text": "hello"}), "not_found")
    assert await ivan.names() == ["ops", "~boiler"]


@pytest.mark.parametrize("path", ["/~boiler", "/~boiler/messages"])
async def test_who_is_no_member_can_not_ask(hub: Running, anna: Asker, path: str) -> None:
    await anna.ask("POST", "", {"room": "~boiler"}, status=201)
    boss = Asker(hub, "boss", Role.ADMIN)
    assert await boss.ask("GET", path, status=404) == "not_found"
    assert await boss.names() == []


async def test_snapshot_and_recovery_keep_private_rooms_to_members(hub: Running, anna: Asker) -> None:
    async with Client.connected(hub.ws_url, auth=token("anna")) as client:
        await client.subscribe("chat/#")
        first = await say(client, "chat/ops", "one")
        since = client.position
        await anna.ask("POST", "", {"room": "~boiler"}, status=201)
        second = await say(client, "chat/~boiler", "two")
    for user, seen in (("anna", [second]), ("boss", [])):
        async with Client.connected(hub.ws_url, auth=token(user, Role.ADMIN)) as client:
            assert (await client.subscribe("chat/+", since=since))["recovered"] is True
            await client.receive_until(lambda c: c.frames[-1]["type"] == "events")
            assert client.on("chat/~boiler") == seen
        async with Client.connected(hub.ws_url, auth=token(user, Role.ADMIN)) as client:
            await client.subscribe("chat/#", "room/#", snapshot=True)
            await client.receive_until(lambda c: c.frames[-1]["type"] == "events")
            assert client.on("chat/~boiler") == seen
            assert client.on("chat/ops") == [first]
            assert len(client.on("room/~boiler")) == len(seen)


async def test_membership_takes_effect_on_live_sessions(anna: Asker, ivan: Asker, clients: dict[str, Client]) -> None:
    await anna.ask("POST", "", {"room": "~boiler"}, status=201)
    await say(clients["anna"], "chat/~boiler", "before")
    invited = await anna.ask("POST", "/~boiler/members", {"users": ["ivan"]})
    assert invited["members"] == ["anna", "ivan"]
    await say(clients["anna"], "chat/~boiler", "between")
    assert await anna.ask("DELETE", "/~boiler/members/ivan", status=204) is None
    await say(clients["anna"], "chat/~boiler", "after")
    await say(clients["anna"], "chat/ops", "public")
    await clients["ivan"].receive_until(lambda c: len(c.on("chat/ops")) == 1)
    assert [data["text"] for data in clients["ivan"].on("chat/~boiler")] == ["between"]
    assert [data["members"] for data in clients["ivan"].on("room/~boiler")] == [["anna", "ivan"], ["anna"]]
    assert await ivan.names() == ["ops"]


async def test_members_leave(anna: Asker, ivan: Asker) -> None:
    await anna.ask("POST", "", {"room": "~boiler", "members": ["ivan"]}, status=201)
    assert await ivan.ask("DELETE", "/~boiler/members/anna", status=403) == "permission_denied"
    await ivan.ask("DELETE", "/~boiler/members/ivan", status=204)
    await anna.ask("DELETE", "/~boiler/members/anna", status=204)
    assert await anna.names() == await ivan.names() == []
    assert await anna.ask("POST", "", {"room": "~boiler"}, status=409) == "conflict"


async def test_a_message_can_reply_mention_and_point_to_a_moment(anna: Asker, clients: dict[str, Client]) -> None:
    first = await say(clients["anna"], "chat/ops", "hello")
    moment = {"position": "k3v9-1041", "device": "kitchen", "key": "temperature", "time": 1_732_412_345_120}
    second = await say(clients["ivan"], "chat/ops", "@Anna look", reply_to=first["id"], moment=moment)
    assert (second["mentions"], second["reply_to"], second["moment"]) == (["anna"], first["id"], moment)
    assert second["id"] > first["id"]
    refused(await clients["ivan"].publish("chat/ops", {"text": "x", "reply_to": "0" * 13}), "not_found")
    refused(await clients["ivan"].publish("chat/ops", {"text": "x", "moment": {}}), "invalid_data")
    refused(await clients["ivan"].publish("chat/ops", {"text": "ж" * 2049}), "too_large")
    room = await anna.room("ops")
    assert (room["unread"], room["mentions"]) == (1, 1)


async def test_messages_are_edited_and_deleted(anna: Asker, clients: dict[str, Client]) -> None:
    message = await say(clients["anna"], "chat/ops", "helo")
    edit = {"edit": message["id"], "text": "hello"}
    refused(await clients["ivan"].publish("chat/ops", edit), "permission_denied")
    refused(await clients["boss"].publish("chat/ops", edit), "permission_denied")
    assert (await clients["anna"].publish("chat/ops", edit))["ok"]
    await clients["ivan"].receive_until(lambda c: len(c.on("chat/ops")) == 2)
    said, edited = clients["ivan"].events
    assert edited["data"] == {**edit, "by": "anna"}
    assert edited["time"] == said["time"] < edited["received"]
    (shown,) = (await anna.ask("GET", "/ops/messages"))["messages"]
    assert (shown["text"], shown["edited"]) == ("hello", {"by": "anna", "time": edited["received"]})
    refused(await clients["ivan"].publish("chat/ops", {"delete": message["id"]}), "permission_denied")
    assert (await clients["boss"].publish("chat/ops", {"delete": message["id"]}))["ok"]
    await clients["ivan"].receive_until(lambda c: len(c.on("chat/ops")) == 3)
    (shown,) = (await anna.ask("GET", "/ops/messages"))["messages"]
    assert (shown["text"], shown["author"], shown["deleted"]["by"]) == ("", "anna", "boss")
    refused(await clients["anna"].publish("chat/ops", edit), "not_found")
    assert (await anna.room("ops"))["unread"] == 0


async def test_edits_are_bounded(clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.chat.MAX_REVISIONS", 1)
    message = await say(clients["anna"], "chat/ops", "one")
    assert (await clients["anna"].publish("chat/ops", {"edit": message["id"], "text": "two"}))["ok"]
    await clients["anna"].receive_until(lambda c: len(c.on("chat/ops")) == 2)
    refused(await clients["anna"].publish("chat/ops", {"edit": message["id"], "text": "three"}), "limit_exceeded")
    assert (await clients["anna"].publish("chat/ops", {"delete": message["id"]}))["ok"]


async def test_rooms_are_bounded(clients: dict[str, Client], anna: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.chatting.MAX_ROOMS", 1)
    await say(clients["anna"], "chat/ops", "one")
    refused(await clients["anna"].publish("chat/other", {"text": "two"}), "limit_exceeded")
    assert await anna.ask("POST", "", {"room": "other"}, status=413) == "limit_exceeded"
    await say(clients["anna"], "chat/ops", "three")


async def test_read_markers_are_ones_own(hub: Running, anna: Asker, clients: dict[str, Client]) -> None:
    first = await say(clients["ivan"], "chat/ops", "one")
    second = await say(clients["ivan"], "chat/ops", "two")
    await clients["boss"].subscribe("#")
    await clients["anna"].subscribe("$read/anna/+")
    assert (await clients["anna"].publish("$read/anna/ops", {"id": first["id"]}))["ok"]
    await clients["anna"].receive_until(lambda c: c.on("$read/anna/ops") == [{"id": first["id"]}])
    room = await anna.ask("PUT", "/ops/read", {"id": second["id"]})
    assert (room["unread"], room["read"]) == (0, second["id"])
    room = await anna.ask("PUT", "/ops/read", {"id": first["id"]})
    assert (room["unread"], room["read"]) == (0, second["id"])
    await say(clients["boss"], "chat/ops", "three")
    assert not any(event["topic"].startswith("$") for event in clients["boss"].events)
    for client, topic_filter in (("boss", "$read/anna/ops"), ("anna", "$read/#"), ("anna", "$read/+/ops")):
        refused(await clients[client].subscribe(topic_filter), "permission_denied")
    refused(await clients["boss"].publish("$read/anna/ops", {"id": first["id"]}), "permission_denied")
    refused(await clients["anna"].publish("$read/anna/ops", {"id": "x"}), "invalid_data")
    refused(await clients["anna"].publish("$read/anna/none", {"id": first["id"]}), "not_found")
    assert (await Asker(hub, "boss").room("ops"))["unread"] == 2


async def test_history_is_read_page_by_page(hub: Running, anna: Asker, clients: dict[str, Client]) -> None:
    said = [await say(clients["anna"], "chat/ops", f"message {n}") for n in range(7)]
    await clients["anna"].publish("chat/ops", {"edit": said[1]["id"], "text": "message one"})
    await until(lambda: hub.hub.recorder is not None and hub.hub.recorder.written >= 8)
    found: list[Any] = []
    before: str | None = ""
    while before is not None:
        page = await anna.ask("GET", f"/ops/messages?limit=3{before and f'&before={before}'}")
        found = page["messages"] + found
        before = page["next"]
    assert [message["id"] for message in found] == [message["id"] for message in said]
    assert found[1]["text"] == "message one"
    assert await anna.ask("GET", "/ops/messages?before=x", status=400) == "invalid_data"
    assert await anna.ask("GET", "/none/messages", status=404) == "not_found"


async def test_a_token_that_is_narrowed_reaches_no_other_room(hub: Running, clients: dict[str, Client]) -> None:
    await say(clients["anna"], "chat/ops", "one")
    await say(clients["anna"], "chat/other", "two")
    identity = Identity("anna", Role.OPERATOR, 2**40, subscribe=("chat/ops",), publish=("chat/ops",))
    narrow = Asker(hub, auth=sign(identity, Keys(SECRET.encode())))
    assert await narrow.names() == ["ops"]
    assert await narrow.ask("GET", "/other/messages", status=403) == "permission_denied"
    assert await narrow.ask("PATCH", "/ops", {"title": "x"}, status=403) == "permission_denied"
