"""Devices that nobody has approved yet: counted, with a sample, and bounded."""

from typing import Any

import pytest

from hub import quarantine as quarantine_module
from hub.decoders.base import Decoded
from hub.quarantine import MAX_SAMPLES, TOLD_EVERY_MS, Quarantine


def say(quarantine: Quarantine, now_ms: int, device: str = "d", **data: Any) -> list[dict[str, object]]:
    decoded = Decoded(device, "telemetry", data, attributes={"model": "T1"})
    return [held for _, held in quarantine.hold(decoded, "json", now_ms)]


def test_a_device_that_waits_is_told_of_at_once_and_then_now_and_then() -> None:
    quarantine = Quarantine()
    assert say(quarantine, 1, t=1) == [
        {
            "family": "json",
            "attributes": {"model": "T1"},
            "messages": 1,
            "first_seen": 1,
            "last_seen": 1,
            "samples": [{"time": 1, "data": {"t": 1}}],
        }
    ]
    for step in range(1, 10):
        assert say(quarantine, 1 + step, t=step) == []
    (told,) = say(quarantine, 1 + TOLD_EVERY_MS)
    assert (told["messages"], told["first_seen"], quarantine.messages) == (11, 1, 11)
    samples: Any = told["samples"]
    assert [sample["data"]["t"] for sample in samples] == [5, 6, 7, 8, 9]
    assert len(samples) == MAX_SAMPLES


def test_samples_are_short() -> None:
    values: dict[str, Any] = {"s": "x" * 10_000, **{f"k{n}": n for n in range(100)}}
    (told,) = say(Quarantine(), 1, **values)
    samples: Any = told["samples"]
    assert len(samples[0]["data"]) == 50
    assert len(samples[0]["data"]["s"]) == 200


def test_devices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine_module, "MAX_DEVICES", 2)
    quarantine = Quarantine()
    for device in ("a", "b", "a", "c"):
        say(quarantine, 1, device)
    assert (len(quarantine), quarantine.dropped) == (2, 1)
    assert say(quarantine, 2, "a") == []
    assert say(quarantine, 2, "b") != []


def test_a_device_that_was_released_waits_no_more() -> None:
    quarantine = Quarantine()
    say(quarantine, 1)
    quarantine.release("d")
    quarantine.release("d")
    assert len(quarantine) == 0
