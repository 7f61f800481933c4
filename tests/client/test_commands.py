import json

import pytest

from hub.client.commands import MAX_WAITING, Commands
from hub.client.frames import Reply
from hub.errors import TOO_LARGE, TOO_MANY_REQUESTS, HubError

Settled = list[Reply | None]


def test_frames_are_numbered_and_each_gets_its_reply() -> None:
    commands = Commands()
    first: Settled = []
    second: Settled = []
    assert commands.issue({"type": "a"}, first.append) == 1
    assert commands.issue({"type": "b"}, second.append) == 2
    assert [json.loads(each) for each in commands.outgoing] == [{"id": 1, "type": "a"}, {"id": 2, "type": "b"}]
    assert len(commands) == 2
    for frame_id in (2, 2, 7, None):
        commands.take(Reply(frame_id))
    assert (first, second, len(commands)) == ([], [Reply(2)], 1)


def test_a_lost_link_settles_all_and_sends_nothing_more() -> None:
    commands = Commands()
    settled: Settled = []
    commands.issue({"type": "a"}, settled.append)
    commands.lose()
    commands.take(Reply(1))
    assert (settled, commands.outgoing, len(commands)) == ([None], [], 0)
    assert commands.issue({"type": "a"}, settled.append) == 2


def test_who_waits_no_more_is_not_told() -> None:
    commands = Commands()
    settled: Settled = []
    commands.forget(commands.issue({"type": "a"}, settled.append))
    commands.forget(9)
    commands.take(Reply(1))
    assert settled == []


def test_the_first_due_answer_and_time_that_does_not_count() -> None:
    commands = Commands()
    due = [commands.due_s]
    commands.issue({"type": "a"}, lambda _: None)
    due.append(commands.due_s)
    commands.now_s = 10
    commands.issue({"type": "b"}, lambda _: None, patience_s=15)
    commands.now_s = 11
    commands.issue({"type": "c"}, lambda _: None, patience_s=15)
    due.append(commands.due_s)
    commands.postpone(5)
    due.append(commands.due_s)
    assert due == [None, None, 25, 30]


def test_what_can_not_be_sent_waits_for_nothing() -> None:
    commands = Commands()
    with pytest.raises(HubError) as large:
        commands.issue({"type": "x" * 70_000}, lambda _: None)
    for _ in range(MAX_WAITING):
        commands.issue({"type": "a"}, lambda _: None)
    with pytest.raises(HubError) as many:
        commands.issue({"type": "a"}, lambda _: None)
    assert (large.value.code, many.value.code) == (TOO_LARGE, TOO_MANY_REQUESTS)
    assert len(commands) == MAX_WAITING
