from pathlib import Path
from typing import Any

import pytest

from hub.api.status import without_password
from hub.mqtt.base import LinkState
from tests.api.hub_api import NOW_MS, Api, open_api


async def test_the_parts_of_this_process(tmp_path: Path) -> None:
    link = LinkState(connected=False, since_ms=NOW_MS - 5, reason="refused")
    parts: dict[str, Any] = {
        "link": lambda: link,
        "recorder_lag_ms": lambda: 12,
        "mqtt_url": "mqtt://user:secret@broker:1883",
    }
    async with open_api(tmp_path, **parts) as api:
        position = await api.write([("chat/ops", NOW_MS, {"text": "hello", "author": "anna"})])
        assert await api.get("/api/status") == {
            "version": "1.2.3",
            "time": NOW_MS,
            "mqtt": {"url": "mqtt://broker:1883", "connected": False, "since": NOW_MS - 5, "reason": "refused"},
            "engine": {"name": "local", "position": str(position)},
            "recorder": {"lag_ms": 12},
        }


async def test_a_process_without_these_roles(api: Api) -> None:
    status = await api.get("/api/status")
    assert status["mqtt"]["connected"] is None
    assert (status["engine"]["position"], status["recorder"]["lag_ms"]) == (None, None)
    assert (await api.browser.get("/api/status")).status_code == 401


@pytest.mark.parametrize(
    ("url", "shown"),
    [("mqtt://u:p@h:1", "mqtt://h:1"), ("mqtt://u:p@x@[::1]:1", "mqtt://[::1]:1"), ("mqtt://h", "mqtt://h"), ("", "")],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
