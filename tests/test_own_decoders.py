"""Decoders of one's own: what is installed is found, and what is wrong with it costs nobody else anything."""

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from hub.decoders.base import Decode, Decoded, Knowledge, Malformed
from hub.decoders.clock import LocalTime
from hub.own_decoders import GROUP, MAX_LOGGED, Guarded, InvalidAnswer, check, load_own
from tests.sources import ROOT

EXAMPLE = ROOT / "examples" / "decoder_package"


def test_the_example_package_is_found_where_it_is_installed(tmp_path: Path) -> None:
    # What an installer leaves behind: the module, and beside it the entry points that the project file names.
    for path in EXAMPLE.glob("*.py"):
        (tmp_path / path.name).write_text(path.read_text())
    installed = tmp_path / "hub_soil_probe-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-soil-probe\nVersion: 1.0\n")
    named = (EXAMPLE / "pyproject.toml").read_text().partition(f'[project.entry-points."{GROUP}"]')[2]
    assert named.strip() == 'soil_probe = "hub_soil_probe:SoilProbe"'
    (installed / "entry_points.txt").write_text(f"[{GROUP}]\nsoil_probe = hub_soil_probe:SoilProbe\n")
    message = json.dumps({"topic": "garden/7/soil", "payload_hex": "0118022b"})
    run = subprocess.run(
        [sys.executable, "-m", "hub", "decode"],
        input=f"{message}\n{json.dumps({'topic': 'garden/7/soil', 'payload_hex': '01'})}\n",
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(json.loads, run.stdout.splitlines())
    assert (first["device"], first["family"]) == ("soil-7", "soil-probe")
    assert first["readings"] == [
        {"name": "temperature", "value": 28.0, "unit": "°C"},
        {"name": "moisture", "value": 55.5, "unit": "%"},
    ]
    assert second["error"] == "4 bytes are a message; this has 1"


class Good:
    family = "good"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        del payload, knowledge
        return None if topic == "other" else lambda _payload, _now_ms: [Decoded("d", "telemetry", {"a": 1})]


class Nameless:
    pass


def entry(value: str) -> EntryPoint:
    return EntryPoint(value.rpartition(":")[2].lower() or "x", value, GROUP)


def test_what_can_not_be_loaded_is_said_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    broken = [entry("no_such_module:X"), entry(f"{__name__}:Nameless"), entry(f"{__name__}:NoSuchClass")]
    sys.modules.setdefault(__name__, sys.modules[Good.__module__])
    with caplog.at_level(logging.ERROR, "hub.own_decoders"):
        own = load_own([*broken, entry(f"{__name__}:Good")])
    assert [decoder.family for decoder in own] == ["good"]
    assert len(caplog.records) == len(broken)
    assert own[0].claim("other", b"", Knowledge()) is None


class Failing:
    family = "failing"

    def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
        raise ZeroDivisionError(topic, payload, knowledge)


def test_who_fails_to_claim_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    decoder = Guarded(Failing())
    with caplog.at_level(logging.ERROR, "hub.own_decoders"):
        for _ in range(MAX_LOGGED + 5):
            assert decoder.claim("a", b"", Knowledge()) is None
    assert (decoder.failures, len(caplog.records)) == (MAX_LOGGED + 5, MAX_LOGGED)


def guarded(answer: Callable[[], Any]) -> tuple[Guarded, Decode]:
    class Own:
        family = "own"

        def claim(self, topic: str, payload: bytes, knowledge: Knowledge) -> Decode | None:
            del topic, payload, knowledge
            return lambda _payload, _now_ms: answer()

    decoder = Guarded(Own())
    decode = decoder.claim("a", b"", Knowledge())
    assert decode is not None
    return decoder, decode


def raising(error: Exception) -> Callable[[], Sequence[Decoded]]:
    def answer() -> Sequence[Decoded]:
        raise error

    return answer


def test_answers_and_refusals_are_passed_on() -> None:
    decoder, decode = guarded(lambda: iter([Decoded(None, "telemetry", {"a": 1})]))
    assert decode(b"", 0) == [Decoded(None, "telemetry", {"a": 1})]
    decoder, decode = guarded(raising(Malformed("cut off")))
    with pytest.raises(Malformed, match="cut off"):
        decode(b"", 0)
    assert decoder.failures == 0


@pytest.mark.parametrize("answer", [raising(ZeroDivisionError()), lambda: 7, lambda: [7], lambda: None])
def test_mistakes_are_counted(answer: Callable[[], Any]) -> None:
    decoder, decode = guarded(answer)
    with pytest.raises((ZeroDivisionError, TypeError, InvalidAnswer)):
        decode(b"", 0)
    assert decoder.failures == 1


@pytest.mark.parametrize(
    "said",
    [
        Decoded("a/b", "telemetry"),
        Decoded("", "telemetry"),
        Decoded("+", "telemetry"),
        Decoded("x" * 1_000, "telemetry"),
        Decoded("d", "telemetry", {"": 1}),
        Decoded("d", "telemetry", {"a": float("nan")}),
        Decoded("d", "telemetry", {"a": 2**70}),
        Decoded("d", "telemetry", {"a": "x" * 1_000}),
        Decoded("d", "telemetry", {"a": [1]}),  # type: ignore[dict-item]  # the mistake
        Decoded("d", "telemetry", {7: 1}),  # type: ignore[dict-item]  # the mistake
        Decoded("d", "telemetry", {str(n): n for n in range(1_001)}),
        Decoded("d", "telemetry", units={"a": 1}),  # type: ignore[dict-item]  # the mistake
        Decoded("d", "telemetry", status="up"),  # type: ignore[arg-type]  # the mistake
        Decoded("d", "telemetry", time=-1),
        Decoded("d", "telemetry", time=LocalTime(-1)),
        Decoded("d", "telemetry", time=1.5),  # type: ignore[arg-type]  # the mistake
        {"device": "d"},
    ],
)
def test_what_no_decoder_may_give(said: object) -> None:
    with pytest.raises(InvalidAnswer):
        check(said)


def test_what_any_decoder_may_give() -> None:
    check(Decoded("hall%2Flamp 1", "telemetry", {"a": 1.5, "b": True, "c": "x"}, {"a": "V"}, "online", 1))
