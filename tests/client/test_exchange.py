from hub.client.changes import Change
from hub.client.errors import Ended
from hub.client.frames import Reply, Typing
from hub.client.subscriptions import PATIENCE_S
from hub.client.watchdog import HEARTBEAT_S, SLACK_S
from tests.client.played_hub import PlayedHub, Reader, event

SILENCE_S = HEARTBEAT_S + SLACK_S


def test_without_a_token_it_is_connected_at_once() -> None:
    hub = PlayedHub()
    hub.open()
    assert (hub.exchange.connected, hub.take_changes(), hub.sent()) == (True, [Change("connected")], [])


def test_with_a_token_it_is_connected_when_the_hub_has_taken_it() -> None:
    hub = PlayedHub()
    Reader(hub, "telemetry/+")
    hub.open("t.o.k")
    assert hub.changes == []
    assert hub.reply(user="anna", role="operator", expires=1) == {"type": "auth", "token": "t.o.k"}
    assert (hub.exchange.connected, hub.changes) == (True, [Change("connected")])
    assert hub.reply(position="a-1")["type"] == "subscribe"


def test_a_sign_in_that_is_refused_gives_the_link_up() -> None:
    hub = PlayedHub()
    hub.open("t.o.k")
    hub.refuse(103, "permission_denied", "Sign in anew.")
    assert (hub.exchange.connected, hub.exchange.failed) == (False, "Sign in anew.")
    hub.reopen()
    assert hub.exchange.failed is None


def test_a_link_that_is_lost_before_the_answer_to_the_sign_in() -> None:
    hub = PlayedHub()
    hub.open("t.o.k")
    hub.lose()
    assert (hub.exchange.connected, hub.exchange.failed, hub.exchange.due_s) == (False, None, None)


def test_publishing_has_one_outcome() -> None:
    hub = PlayedHub()
    hub.open()
    outcomes: list[Reply | None] = []
    for _ in range(4):
        hub.exchange.ask({"type": "publish", "topic": "chat/ops", "data": {"text": "hello"}}, outcomes.append)
    assert hub.exchange.awaits
    assert hub.reply(position="a-1") == {"type": "publish", "topic": "chat/ops", "data": {"text": "hello"}}
    hub.refuse(103, "permission_denied")
    hub.exchange.forget(3)
    hub.lose()
    assert [outcome is None or outcome.error is None for outcome in outcomes] == [True, False, True]
    assert outcomes[2] is None
    assert not hub.exchange.awaits


def test_silence_gives_the_link_up() -> None:
    hub = PlayedHub()
    hub.exchange.judge(hub.now_s)
    hub.open()
    assert hub.exchange.due_s == hub.now_s + SILENCE_S
    hub.exchange.judge(hub.now_s + SILENCE_S)
    assert hub.exchange.failed == "Nothing came from the hub, not even a heartbeat."


def test_any_frame_ends_the_silence_also_one_of_an_unknown_type() -> None:
    hub = PlayedHub()
    hub.open()
    hub.now_s += 30
    hub.say('{"type":"notice"}')
    hub.exchange.judge(hub.now_s + 5)
    assert (hub.exchange.failed, hub.exchange.due_s) == (None, hub.now_s + SILENCE_S)


def test_time_in_which_nothing_was_read_counts_against_nobody() -> None:
    hub = PlayedHub()
    hub.open()
    Reader(hub, "telemetry/+")
    hub.now_s += 60
    hub.exchange.resumed(paused_s=60, now_s=hub.now_s)
    assert hub.exchange.due_s == hub.now_s + PATIENCE_S
    hub.reply(position="a-1")
    assert hub.exchange.due_s == hub.now_s + SILENCE_S
    hub.lose()
    hub.exchange.resumed(paused_s=1, now_s=hub.now_s)
    assert hub.exchange.due_s is None


def test_a_frame_without_a_link_is_understood_all_the_same() -> None:
    hub = PlayedHub()
    hub.heartbeat("a-1")
    assert hub.exchange.lag_ms == 0


def test_the_end_is_the_end_of_all_subscriptions_after_what_had_come() -> None:
    hub = PlayedHub()
    hub.open()
    reader = Reader(hub, "telemetry/+")
    hub.reply(position="a-1")
    hub.events("a-2", event("telemetry/a"))
    ended = Ended("It is over.", close_code=3500)
    hub.exchange.end(ended)
    assert (reader.take(), reader.inbox.error, reader.state) == (["live a-2: telemetry/a"], ended, "unsubscribed")
    assert hub.sent() == []


def test_a_new_token_is_signed_in_with_in_place() -> None:
    hub = PlayedHub()
    known: list[float] = []
    hub.exchange._expires = known.append
    hub.open()
    hub.exchange.renew("two", now_s=1)
    assert hub.reply(expires=2000) == {"type": "auth", "token": "two"}
    hub.exchange.renew("three", now_s=2)
    hub.refuse(103, "permission_denied")
    assert known == [2000]
    assert [change.kind for change in hub.changes][-1] == "not_renewed"
    assert hub.exchange.connected
    hub.exchange.renew("four", now_s=3)
    hub.reply()
    assert known == [2000]
    hub.exchange.renew("five", now_s=4)
    hub.lose()


def test_who_types_is_told() -> None:
    hub = PlayedHub()
    heard: list[Typing] = []
    hub.exchange._hear = heard.append
    hub.open()
    hub.say({"type": "typing", "topic": "chat/ops", "user": "ivan"})
    assert heard == [Typing("chat/ops", "ivan")]
