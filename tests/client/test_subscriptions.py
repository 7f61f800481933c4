"""The same cases as dashboard/src/client/{subscriptions,recovery}.test.ts: one protocol, two clients."""

import pytest

from hub.client.changes import Change
from hub.client.interest import MAX_REMEMBERED_TOPICS
from hub.client.subscriptions import PATIENCE_S
from hub.errors import PERMISSION_DENIED, TOO_LARGE
from tests.client.played_hub import PlayedHub, Reader, event, loaded


@pytest.fixture
def hub() -> PlayedHub:
    return PlayedHub()


@pytest.fixture
def linked(hub: PlayedHub) -> PlayedHub:
    hub.open()
    hub.changes.clear()
    return hub


def subscribe(*filters: str, **members: object) -> dict[str, object]:
    return {"type": "subscribe", "filters": list(filters), **members}


# Subscribing


def test_subscriptions_wait_for_the_link_with_and_without_snapshot_in_a_frame_each(hub: PlayedHub) -> None:
    Reader(hub, "telemetry/+", "device/+", snapshot=True)
    Reader(hub, "telemetry/+", "chat/ops", snapshot=True)
    Reader(hub, "system/#")
    Reader(hub, "alarm/#", since="a-1")
    hub.open()
    assert hub.sent() == [
        subscribe("alarm/#", since="a-1"),
        subscribe("telemetry/+", "device/+", "chat/ops", snapshot=True),
        subscribe("system/#"),
    ]


def test_while_linked_each_sends_a_frame_of_its_own(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+", "telemetry/+", snapshot=True)
    assert (reader.state, reader.interest.filters) == ("subscribing", ("telemetry/+",))
    assert linked.reply(position="a-1") == subscribe("telemetry/+", snapshot=True)
    assert reader.state == "subscribed"
    Reader(linked, "alarm/#", since="a-0")
    assert linked.sent() == [subscribe("alarm/#", since="a-0")]


def test_a_live_filter_is_sent_again_only_for_its_snapshot_which_the_others_do_not_get(linked: PlayedHub) -> None:
    first = loaded(linked, "telemetry/+", position="a-1")
    following = Reader(linked, "telemetry/+")
    assert (linked.sent(), following.state, following.interest.position) == ([], "subscribed", "a-1")
    partly = Reader(linked, "telemetry/+", "chat/ops")
    assert linked.reply(position="a-1") == subscribe("chat/ops")
    second = Reader(linked, "telemetry/+", snapshot=True)
    linked.events("a-2", event("telemetry/a"))
    assert linked.reply(position="a-2") == subscribe("telemetry/+", snapshot=True)
    linked.events("a-2", event("telemetry/a"), event("telemetry/b"), snapshot=True)
    linked.events("a-3", event("telemetry/b"))
    assert first.take() == ["live a-2: telemetry/a", "live a-3: telemetry/b"]
    assert following.take() == partly.take() == ["live a-2: telemetry/a", "live a-3: telemetry/b"]
    assert second.take() == ["snapshot a-2: telemetry/a telemetry/b", "live a-3: telemetry/b"]


def test_a_live_filter_is_sent_again_while_it_is_not_settled_where_it_stands(linked: PlayedHub) -> None:
    Reader(linked, "telemetry/+")
    Reader(linked, "telemetry/+")
    assert len(linked.sent()) == 2
    linked.reply(position="a-1")
    linked.reply(position="a-1")
    linked.events("a-1", event("telemetry/a"), part=True)
    late = Reader(linked, "telemetry/+")
    assert linked.sent() == [subscribe("telemetry/+")]
    linked.events("a-2", event("telemetry/b"))
    assert late.take() == []
    linked.reply(position="a-2")
    linked.events("a-3", event("telemetry/c"))
    assert late.take() == ["live a-3: telemetry/c"]


def test_an_empty_snapshot_is_told_and_live_frames_for_others_are_not(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+", snapshot=True)
    linked.reply(position="a-1")
    linked.events("none-0", snapshot=True, part=True)
    linked.events("a-1", snapshot=True)
    linked.events("a-2", event("chat/ops"))
    assert reader.take() == ["snapshot a-1: "]
    assert reader.interest.position == "a-2"


def test_the_parts_of_a_snapshot_prove_nothing(linked: PlayedHub) -> None:
    other = loaded(linked, "chat/+", position="a-1")
    reader = Reader(linked, "telemetry/+", snapshot=True)
    linked.reply(position="a-2")
    linked.events("none-0", event("telemetry/a"), snapshot=True, part=True)
    assert reader.take() == ["snapshot None: telemetry/a"]
    linked.reopen()
    assert linked.sent() == [subscribe("chat/+", since="a-1"), subscribe("telemetry/+", snapshot=True)]
    assert other.take() == []


# Closing


def test_closing_takes_filters_off_the_wire_that_nobody_else_wants(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", "chat/ops", position="a-1")
    b = loaded(linked, "telemetry/+", position="a-1")
    a.close()
    a.close()
    assert linked.reply(position="a-1") == {"type": "unsubscribe", "filters": ["chat/ops"]}
    linked.events("a-2", event("telemetry/a"), event("chat/ops"))
    assert (a.take(), b.take()) == ([], ["live a-2: telemetry/a"])
    linked.sent()
    b.close()
    assert linked.sent() == [{"type": "unsubscribe", "filters": ["telemetry/+"]}]


def test_closing_without_a_link_sends_nothing(hub: PlayedHub) -> None:
    Reader(hub, "telemetry/+").close()
    hub.open()
    assert hub.sent() == []


def test_closing_before_the_answer_is_not_undone_by_it(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+", snapshot=True)
    reader.close()
    linked.reply(position="a-1")
    linked.events("a-1", event("telemetry/a"), snapshot=True)
    assert (reader.state, reader.take()) == ("unsubscribed", [])
    Reader(linked, "telemetry/+")
    assert linked.sent() == [subscribe("telemetry/+")]


def test_closing_while_a_snapshot_comes_ends_it_there(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+", snapshot=True)
    linked.reply(position="a-1")
    linked.events("none-0", event("telemetry/a"), snapshot=True, part=True)
    reader.close()
    linked.events("a-1", event("telemetry/b"), snapshot=True)
    assert reader.take() == ["snapshot None: telemetry/a"]


# The position


def test_the_position_is_that_of_events_and_heartbeats_not_of_a_reply_before_what_is_due(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+", snapshot=True)
    linked.reply(position="a-5")
    positions = [reader.interest.position]
    linked.heartbeat("a-5")
    positions.append(reader.interest.position)
    linked.events("a-5", snapshot=True)
    positions.append(reader.interest.position)
    linked.heartbeat("none-0")
    linked.heartbeat("a-6")
    positions.append(reader.interest.position)
    assert positions == [None, None, "a-5", "a-6"]


def test_the_position_is_that_of_the_reply_where_neither_since_nor_snapshot_was_asked_for(linked: PlayedHub) -> None:
    first = Reader(linked, "telemetry/+")
    linked.reply(position="a-5")
    assert first.interest.position == "a-5"
    second = Reader(linked, "chat/+")
    linked.reply(position="a-6")
    assert (first.interest.position, second.interest.position) == ("a-6", "a-6")
    third = Reader(linked, "raw/#")
    linked.reply()
    assert (third.state, third.interest.position) == ("subscribed", None)
    fourth = Reader(linked, "raw/#")
    assert (linked.sent(), fourth.interest.position) == ([], "a-6")


def test_a_link_that_breaks_before_a_recovery_is_answered_loses_nothing(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    Reader(linked, "chat/+", snapshot=True)
    linked.reopen()
    linked.events("a-9", event("chat/ops"))
    linked.heartbeat("a-9")
    assert a.interest.position == "a-1"
    linked.reopen()
    assert linked.sent()[0] == subscribe("telemetry/+", since="a-1")


# Recovery


def test_recovery_is_one_frame_and_complete_when_all_that_was_missed_has_come(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    b = loaded(linked, "telemetry/+", "chat/+", position="a-2")
    linked.reopen()
    assert a.state == "subscribing"
    assert linked.reply(position="a-4", recovered=True) == subscribe("telemetry/+", "chat/+", since="a-2")
    linked.events("a-2", event("telemetry/a"), part=True)
    assert linked.take_changes() == [Change("connected")]
    linked.events("a-4", event("chat/ops"))
    assert linked.take_changes() == [Change("recovered", position="a-2")]
    assert a.take() == ["live a-2: telemetry/a"]
    assert b.take() == ["live a-2: telemetry/a", "live a-4: chat/ops"]
    assert (a.interest.position, b.interest.position) == ("a-4", "a-4")


def test_a_recovery_that_breaks_goes_on_and_passes_over_what_had_come(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    b = Reader(linked, "telemetry/b")
    linked.reply(position="a-1")
    linked.reopen()
    linked.reply(position="a-9", recovered=True)
    linked.events("a-1", event("telemetry/a"), event("telemetry/b"), part=True)
    linked.reopen()
    linked.reply(position="a-9", recovered=True)
    linked.events("a-1", event("telemetry/a"), part=True)
    linked.reopen()
    linked.reply(position="a-9", recovered=True)
    linked.events("a-1", event("telemetry/a"), event("telemetry/b"), event("telemetry/c"), part=True)
    linked.events("a-9", event("telemetry/b"), event("telemetry/d"))
    assert a.take() == [
        "live a-1: telemetry/a telemetry/b",
        "live a-1: telemetry/c",
        "live a-9: telemetry/b telemetry/d",
    ]
    assert b.take() == ["live a-1: telemetry/b", "live a-9: telemetry/b"]
    assert linked.take_changes() == [Change("connected"), Change("recovered", position="a-1")]


def test_live_parts_are_passed_over_after_a_cut_between_them(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    linked.events("a-3", event("telemetry/a"), part=True)
    assert a.interest.position == "a-3"
    linked.reopen()
    assert linked.reply(position="a-5", recovered=True) == subscribe("telemetry/+", since="a-3")
    linked.events("a-5", event("telemetry/a"), event("telemetry/b"))
    assert a.take() == ["live a-3: telemetry/a", "live a-5: telemetry/b"]


def test_merged_events_can_not_be_counted_and_come_again(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    linked.events("a-1", event("telemetry/a"), part=True, conflated=3)
    linked.events("a-1", event("telemetry/b"), part=True)
    linked.reopen()
    linked.reply(position="a-5", recovered=True)
    linked.events("a-5", event("telemetry/a"), event("telemetry/a"))
    assert a.take() == ["live a-1: telemetry/a", "live a-1: telemetry/b", "live a-5: telemetry/a telemetry/a"]
    linked.events("a-6", event("telemetry/c"))
    linked.events("a-6", event("telemetry/d"), part=True)
    linked.reopen()
    linked.reply(position="a-7", recovered=True)
    linked.events("a-7", event("telemetry/d"))
    assert a.take() == ["live a-6: telemetry/c", "live a-6: telemetry/d"]


def test_what_can_not_be_recovered_is_said_then_the_snapshot_comes_to_all(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    b = Reader(linked, "chat/+")
    linked.reply(position="a-1")
    linked.reopen()
    linked.reply(position="b-1", recovered=False)
    assert linked.take_changes()[1:] == [Change("gap", "The log does not reach back.", position="a-1")]
    linked.events("none-0", event("telemetry/a"), snapshot=True, part=True)
    linked.events("b-1", event("telemetry/b"), snapshot=True)
    assert a.take() == ["gap", "snapshot None: telemetry/a", "snapshot b-1: telemetry/b"]
    assert b.take() == ["gap", "snapshot b-1: "]
    assert a.interest.position == "b-1"
    assert linked.take_changes() == []


def test_a_gap_that_was_said_is_not_said_again_where_its_snapshot_breaks(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    linked.reopen()
    linked.reply(position="b-1", recovered=False)
    linked.reopen()
    assert linked.sent() == [subscribe("telemetry/+", snapshot=True)]
    assert a.take() == ["gap"]


@pytest.mark.parametrize(("code", "name"), [(123, "invalid_position"), (112, "unrecoverable_position")])
def test_a_position_that_the_hub_refuses_is_lost_too(linked: PlayedHub, code: int, name: str) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    linked.reopen()
    linked.refuse(code, name)
    assert linked.reply(position="b-1") == subscribe("telemetry/+", snapshot=True)
    linked.events("b-1", event("telemetry/a"), snapshot=True)
    assert a.take() == ["gap", "snapshot b-1: telemetry/a"]


def test_a_position_of_the_program_that_the_hub_refuses_is_its_error(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+", since="yesterday")
    linked.refuse(123, "invalid_position")
    assert (reader.state, reader.take(), reader.inbox.ended) == ("unsubscribed", [], True)
    assert reader.inbox.error is not None
    assert reader.inbox.error.code.name == "invalid_position"


def test_what_the_program_asks_from_a_position_on_is_for_this_subscription_alone(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-5")
    b = Reader(linked, "telemetry/a", since="a-2")
    linked.events("a-6", event("telemetry/a", 6))
    linked.reply(position="a-6", recovered=True)
    linked.events("a-2", event("telemetry/a", 3), part=True)
    linked.events("a-6", event("telemetry/a", 6))
    linked.events("a-7", event("telemetry/a", 7))
    assert a.take() == ["live a-6: telemetry/a", "live a-7: telemetry/a"]
    assert b.take() == ["live a-2: telemetry/a", "live a-6: telemetry/a", "live a-7: telemetry/a"]
    assert a.interest.position == b.interest.position == "a-7"


def test_each_goes_on_from_its_own_position(linked: PlayedHub) -> None:
    loaded(linked, "telemetry/+", position="a-5")
    Reader(linked, "telemetry/a", since="a-2")
    linked.reopen()
    assert linked.sent() == [subscribe("telemetry/+", since="a-5"), subscribe("telemetry/a", since="a-2")]


def test_nothing_is_sent_where_nobody_subscribes_any_more(linked: PlayedHub) -> None:
    loaded(linked, "telemetry/+", position="a-1").close()
    linked.reopen()
    assert linked.sent() == []


# A subscription that died on a living link


def test_a_stalled_subscription_recovers_on_its_link(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    linked.heartbeat("a-1", 0)
    linked.heartbeat("a-1", 25_000)
    assert linked.exchange.lag_ms == 25_000
    linked.events("a-2", event("telemetry/a"))
    assert linked.reply(position="a-3", recovered=True) == subscribe("telemetry/+", since="a-1")
    linked.events("a-3", event("telemetry/a"), event("telemetry/b"))
    assert a.take() == ["live a-3: telemetry/a telemetry/b"]
    assert linked.take_changes() == [Change("recovered", position="a-1")]


def test_a_stall_is_nobodys_where_nobody_subscribes(linked: PlayedHub) -> None:
    linked.heartbeat("a-1", 0)
    linked.heartbeat("a-1", 25_000)
    assert linked.sent() == []


# Gaps


def test_a_gap_is_told_to_all_and_the_snapshot_that_follows_is_for_all(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    b = loaded(linked, "chat/+", position="a-1")
    waiting = Reader(linked, "device/+")
    linked.say({"type": "gap", "position": "a-9"})
    linked.events("a-9", event("telemetry/a"), snapshot=True)
    assert a.take() == ["gap", "snapshot a-9: telemetry/a"]
    assert b.take() == ["gap", "snapshot a-9: "]
    assert waiting.take() == []
    assert linked.take_changes() == [Change("gap", "The hub's log broke.")]
    linked.events("a-10", event("telemetry/a"))
    assert a.take() == ["live a-10: telemetry/a"]


def test_a_gap_is_nobodys_where_nobody_subscribes(linked: PlayedHub) -> None:
    linked.say({"type": "gap", "position": "a-9"})
    reader = Reader(linked, "telemetry/+")
    linked.reply(position="a-9")
    linked.events("a-9", event("telemetry/a"), snapshot=True)
    linked.events("a-10", event("telemetry/a"))
    assert reader.take() == ["live a-10: telemetry/a"]


def test_a_frame_that_can_not_be_read_may_have_been_for_any(linked: PlayedHub) -> None:
    a = loaded(linked, "telemetry/+", position="a-1")
    linked.say("{")
    assert (a.take(), linked.exchange.malformed_frames) == (["gap"], 1)
    (change,) = linked.take_changes()
    assert (change.kind, "JSON" in change.reason) == ("gap", True)
    linked.events("a-2", event("telemetry/a"))
    assert a.take() == ["live a-2: telemetry/a"]


# Refusals


def test_a_refusal_ends_the_one_subscription(linked: PlayedHub) -> None:
    reader = Reader(linked, "system/audit")
    linked.refuse(103, "permission_denied")
    assert reader.state == "unsubscribed"
    assert reader.inbox.error is not None
    assert reader.inbox.error.code is PERMISSION_DENIED
    linked.reopen()
    assert linked.sent() == []


def test_a_refusal_of_several_finds_out_which_one_is_at_fault(linked: PlayedHub) -> None:
    good = loaded(linked, "telemetry/+", position="a-1")
    bad = loaded(linked, "system/audit", position="a-1")
    linked.reopen()
    linked.refuse(103, "permission_denied")
    assert linked.reply(position="a-1", recovered=True) == subscribe("telemetry/+", since="a-1")
    linked.events("a-1")
    assert linked.refuse(103, "permission_denied") == subscribe("system/audit", since="a-1")
    assert (good.state, bad.state) == ("subscribed", "unsubscribed")


def test_a_refusal_takes_off_the_wire_what_others_had_put_there_and_nobody_wants_now(linked: PlayedHub) -> None:
    first = loaded(linked, "telemetry/+", position="a-1")
    Reader(linked, "telemetry/+", "system/audit")
    first.close()
    assert linked.refuse(103, "permission_denied") == subscribe("system/audit")
    assert linked.sent() == [{"type": "unsubscribe", "filters": ["telemetry/+"]}]


def test_a_refusal_of_what_was_closed_meanwhile_changes_nothing_more(linked: PlayedHub) -> None:
    Reader(linked, "system/audit").close()
    linked.refuse(103, "permission_denied")
    assert linked.sent() == []


def test_what_is_too_large_to_send_is_refused_without_the_hub(linked: PlayedHub) -> None:
    reader = Reader(linked, *(f"{n:0>1000}" for n in range(70)))
    assert (linked.sent(), reader.state) == ([], "unsubscribed")
    assert reader.inbox.error is not None
    assert reader.inbox.error.code is TOO_LARGE


def test_a_refusal_that_may_pass_gives_the_link_up(linked: PlayedHub) -> None:
    Reader(linked, "telemetry/+")
    linked.refuse(108, "not_available", "The log is away.")
    assert str(linked.exchange.failed) == "The log is away."
    linked.reopen()
    assert (linked.exchange.failed, linked.sent()) == (None, [subscribe("telemetry/+")])


def test_an_answer_that_never_comes_gives_the_link_up(linked: PlayedHub) -> None:
    Reader(linked, "telemetry/+")
    linked.exchange.judge(linked.now_s + PATIENCE_S - 0.1)
    assert linked.exchange.failed is None
    linked.exchange.judge(linked.now_s + PATIENCE_S)
    assert linked.exchange.failed == "The hub did not answer."


def test_a_refused_unsubscribe_changes_nothing(linked: PlayedHub) -> None:
    loaded(linked, "telemetry/+", position="a-1").close()
    linked.refuse(100, "internal")
    assert linked.exchange.failed is None


def test_many_topics_are_looked_up_anew(linked: PlayedHub) -> None:
    reader = Reader(linked, "telemetry/+")
    linked.reply(position="a-1")
    linked.events("a-2", *(event(f"telemetry/{n}") for n in range(MAX_REMEMBERED_TOPICS + 2)))
    batch = reader.inbox.take()
    assert batch is not None
    assert len(batch.events) == MAX_REMEMBERED_TOPICS + 2
