import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress

import pytest

from hub import audit as audit_module
from hub.audit import MAX_WAITING, Audit
from hub.errors import Unavailable
from tests.running import until


def test_a_note_is_an_event() -> None:
    audit = Audit()
    audit.note("key", "added", user="anna", about="0a1b", role="viewer")
    data = {"event": "added", "user": "anna", "about": "0a1b", "role": "viewer"}
    assert audit.take() == [("system/audit/key", data)]
    assert audit.take() == []


def test_the_same_again_is_counted() -> None:
    audit = Audit()
    for number in range(3):
        audit.note("publish", "refused", user="anna", topic=f"telemetry/{number}")
    audit.note("publish", "refused", user="ivan", topic="a")
    audit.note("user", "removed", user="anna", about="berta")
    audit.note("user", "removed", user="anna", about="ivan")
    events = [data for _, data in audit.take()]
    assert events[0] == {"event": "refused", "user": "anna", "topic": "telemetry/2", "count": 3}
    assert [data.get("count") for data in events] == [3, None, None, None]


def test_what_waits_is_bounded() -> None:
    audit = Audit()
    for number in range(MAX_WAITING + 5):
        audit.note("sign-in", "refused", user=str(number))
    audit.note("sign-in", "refused", user="0")
    assert (audit.dropped, len(audit.take())) == (5, MAX_WAITING)


def test_any_name_that_was_typed_is_fit() -> None:
    audit = Audit()
    audit.note("sign-in", "refused", user="\ud800" + "x" * 500)
    [(_, data)] = audit.take()
    assert data["user"] == "?" + "x" * 63


async def test_notes_reach_the_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(audit_module, "PAUSE_S", 0)
    audit, told, away = Audit(), list[str](), True

    async def append(topic: str, data: Mapping[str, object]) -> None:
        if away:
            raise Unavailable("the log is away")
        told.append(f"{topic} {data['user']}")

    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(audit.run(append))
        audit.note("user", "added", user="anna")
        await until(lambda: "the log is away" in caplog.text)
        away = False
        audit.note("user", "added", user="ivan")
        await until(lambda: told == ["system/audit/user ivan"])
    assert "anna" in caplog.text
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
