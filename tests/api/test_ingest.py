"""`POST /api/ingest/{device}` of a whole hub, asked as a device asks it."""

import gzip
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.api.gate import MAX_BODY_BYTES, MAX_INGEST_BYTES
from hub.api_keys import new_key
from hub.app import now_ms
from hub.auth import Role
from tests.running import Client, Running, running, settings_for, token


@pytest.fixture(name="hub")
async def _hub(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(settings_for(tmp_path)) as started:
        yield started


@pytest.fixture(name="device")
async def _device(hub: Running) -> AsyncIterator[httpx.AsyncClient]:
    """What has the key of the device `kitchen`."""
    secret, key = new_key(
        "kitchen",
        Role.OPERATOR,
        subscribe=[],
        publish=["telemetry/kitchen"],
        expires_s=None,
        now_ms=now_ms(),
        randomness=secrets.token_bytes(32),
    )
    await hub.hub.auth.access.add_key(key)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=hub.origin, headers=headers) as client:
        yield client


def name_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["name"])


async def test_readings_are_on_the_screen_when_they_are_answered(hub: Running, device: httpx.AsyncClient) -> None:
    async with Client.connected(hub.ws_url, auth=token()) as screen:
        await screen.subscribe("telemetry/+")
        answer = await device.post("/api/ingest/kitchen", json={"temperature": 21.5})
        assert answer.status_code == 202
        taken = answer.json()
        assert (taken["events"], taken["repeated"]) == (1, False)
        await screen.receive_until(lambda client: bool(client.on("telemetry/kitchen")))
        assert screen.on("telemetry/kitchen") == [{"temperature": 21.5}]
        since = await screen.subscribe("device/+", since=taken["position"])
        assert since["recovered"]


async def test_many_readings_compressed_and_once(hub: Running, device: httpx.AsyncClient) -> None:
    many = [{"time": now_ms() - 1000 * n, "t": n} for n in range(1000)]
    body = gzip.compress(json.dumps(many).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json", "Idempotency-Key": "first"}
    first = await device.post("/api/ingest/kitchen", content=body, headers=headers)
    assert (first.status_code, first.json()["events"]) == (202, 1000)
    again = await device.post("/api/ingest/kitchen", content=body, headers=headers)
    assert again.json() == {**first.json(), "repeated": True}
    other = await device.post("/api/ingest/kitchen", json={"t": 1}, headers={"Idempotency-Key": "first"})
    assert (other.status_code, name_of(other)) == (409, "conflict")
    assert 'hub_http_ingest_requests_total{outcome="repeated"} 1.0' in (await device.get("/metrics")).text
    assert hub.hub.node.position.offset >= 1


@pytest.mark.parametrize(
    ("path", "options", "status", "name"),
    [
        ("hall", {"json": {"t": 1}}, 403, "permission_denied"),
        ("kitchen", {"content": b'{"t":', "headers": {"Content-Type": "application/json"}}, 400, "invalid_data"),
        ("kitchen", {"content": b""}, 400, "invalid_data"),
        ("kitchen", {"json": {"t": 1}, "headers": {"Idempotency-Key": "x" * 300}}, 400, "bad_request"),
        ("kitchen", {"content": b"x", "headers": {"Content-Type": "image/png"}}, 415, "unsupported_media"),
        ("kitchen", {"content": b"{}", "headers": {"Content-Encoding": "br"}}, 415, "unsupported_media"),
        ("kitchen", {"content": b"{}", "headers": {"Content-Encoding": "gzip"}}, 400, "bad_request"),
        ("kitchen", {"content": b" " * (MAX_INGEST_BYTES + 1)}, 413, "too_large"),
        (
            "kitchen",
            {"content": gzip.compress(b" " * 2**23), "headers": {"Content-Encoding": "gzip"}},
            413,
            "too_large",
        ),
        ("%23", {"json": {"t": 1}}, 400, "invalid_topic"),
    ],
)
async def test_what_is_refused(
    device: httpx.AsyncClient, path: str, *, options: dict[str, Any], status: int, name: str
) -> None:
    answer = await device.post(f"/api/ingest/{path}", **options)
    assert (answer.status_code, name_of(answer)) == (status, name)


async def test_a_body_may_be_larger_than_other_requests(device: httpx.AsyncClient) -> None:
    answer = await device.post("/api/ingest/kitchen", json=[{"time": now_ms(), "note": "x" * MAX_BODY_BYTES, "t": 1}])
    assert answer.status_code == 202


async def test_who_is_no_device_may_not(hub: Running) -> None:
    async with httpx.AsyncClient(base_url=hub.origin) as anybody:
        assert (await anybody.post("/api/ingest/kitchen", json={"t": 1})).status_code == 401
        for role, status in ((Role.VIEWER, 403), (Role.OPERATOR, 403), (Role.ADMIN, 202)):
            headers = {"Authorization": f"Bearer {token(role=role)}"}
            assert (await anybody.post("/api/ingest/kitchen", json={"t": 1}, headers=headers)).status_code == status


async def test_too_many_requests_are_told_when_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.submissions.REQUESTS_PER_S", 0.01)
    monkeypatch.setattr("hub.submissions.REQUESTS_AT_ONCE", 2)
    async with running(settings_for(tmp_path)) as hub, httpx.AsyncClient(base_url=hub.origin) as admin:
        headers = {"Authorization": f"Bearer {token(role=Role.ADMIN)}"}
        answers = [await admin.post("/api/ingest/kitchen", json={"t": n}, headers=headers) for n in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert name_of(answers[2]) == "too_many_requests"
        assert int(answers[2].headers["retry-after"]) >= 1


async def test_a_stored_mapping_is_asked_first(hub: Running, device: httpx.AsyncClient) -> None:
    record = {
        "filter": "devices/+/telemetry", "device": "{2}", "time": "/at",
        "values": [{"key": "temperature", "path": "/t", "unit": "°C", "scale": 0.1}],
    }  # fmt: skip
    bearer = {"Authorization": f"Bearer {token(role=Role.OPERATOR)}"}
    async with Client.connected(hub.ws_url, auth=token()) as screen:
        await screen.subscribe("telemetry/+")
        assert (await device.put("/api/mappings/tenths", json=record, headers=bearer)).status_code == 200
        zone = await device.post("/api/ingest/kitchen", json={"t": 215, "at": "2025-06-15 12:00", "x": 1})
        assert (zone.status_code, zone.json()["events"]) == (202, 1)
        assert (await device.patch("/api/devices/kitchen", json={"zone": "Europe/Berlin"}, headers=bearer)).is_success
        await device.post("/api/ingest/kitchen", json={"t": 216, "at": "2025-06-15 12:00"})
        refused = await device.post("/api/ingest/kitchen", json={"x": 1})
        assert (refused.status_code, "mapping tenths" in refused.json()["error"]["message"]) == (400, True)
        await screen.receive_until(lambda client: len(client.on("telemetry/kitchen")) == 2)
    assert screen.on("telemetry/kitchen") == [{"temperature": 21.5}, {"temperature": 21.6}]
    first, second = (event for event in screen.events if event["topic"] == "telemetry/kitchen")
    assert "received" not in first
    assert (second["time"], "received" in second) == (1_749_981_600_000, True)
