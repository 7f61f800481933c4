"""`hub export` and `hub import`: what is in a file and what is not, and which wish is refused."""

import time
from pathlib import Path
from typing import Any

import pytest

from hub.cli import FAILED, main
from hub.events import Batch, encode_event
from hub.incident import Placed, Record
from hub.incident_file import load, read
from hub.store.base import User
from hub.store.user_table import UserTable
from hub.store_choice import database, event_store
from tests.hub_command import hub, isolate, sentence
from tests.running import BROKERLESS, running, settings_for
from tests.store.batches import batch

NOW = time.time_ns() // 1_000_000


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


def event(topic: str, n: int, **data: object) -> bytes:
    return encode_event(topic, NOW + n, data)


EVENTS = [
    event("device/kitchen", 0, name="Kitchen"),
    event("telemetry/kitchen", 1, temperature=21.5),
    event("telemetry/hall", 2, temperature=19),
    event("chat/ops", 3, text="cold", author="anna"),
    event("command/kitchen/c1", 4, state="sent", id="c1"),
    event("telemetry/kitchen", 5, temperature=22),
    event("$read/anna/ops", 6, position="e-1"),
]


@pytest.fixture
async def filled(tmp_path: Path) -> Path:
    settings = settings_for(tmp_path)
    settings.prepare()
    async with database(settings) as opened, event_store(settings) as store:
        await UserTable(opened).add(User("anna", "admin", "$argon2id$hash-of-anna", 1))
        for offset, piece in enumerate(EVENTS, 1):
            await store.write([batch(offset, piece)])
    return tmp_path / "a.hubz"


def topics(path: Path) -> list[str]:
    return [one.topic for one in load(path)]


def records(path: Path, kind: str) -> list[Any]:
    return [line.value for line in read(path) if isinstance(line, Record) and line.kind == kind]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), EVENTS[:6]),
        (("--devices", "kitchen"), [EVENTS[n] for n in (0, 1, 4, 5)]),
        (("--devices", "hall", "--filter", "chat/#"), EVENTS[2:4]),
        (("--filter", "telemetry/+"), [EVENTS[n] for n in (1, 2, 5)]),
        (("--from", str(NOW + 2), "--to", str(NOW + 3)), EVENTS[2:4]),
        (("--from", "e-2", "--to", "e-5"), EVENTS[2:5]),
        (("--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z"), []),
        (("--from", "2020-01-01T00:00:00Z"), EVENTS[:6]),
    ],
)
def test_what_is_asked_for_is_in_the_file(filled: Path, options: tuple[str, ...], expected: list[bytes]) -> None:
    assert main(["export", *options, str(filled)]) == 0
    assert [one.piece for one in load(filled)] == expected


def test_names_of_devices_are_there_whenever_they_were_said(filled: Path) -> None:
    assert main(["export", "--devices", "kitchen", "--from", "e-4", str(filled)]) == 0
    assert topics(filled) == ["command/kitchen/c1", "telemetry/kitchen"]
    assert records(filled, "latest") == EVENTS[:1]


def test_no_secret_is_in_an_incident_file(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_AUTH_SECRET", "secret-one")
    monkeypatch.setenv("HUB_MQTT_URL", "mqtt://anna:secret-two@broker.example")
    monkeypatch.setenv("HUB_OIDC_CLIENT_SECRET", "secret-three")
    assert main(["export", str(filled)]) == 0
    whole = " ".join(map(str, read(filled)))
    (settings,) = records(filled, "settings")
    assert [settings[name] for name in ("auth_secret", "mqtt_url", "oidc_client_secret")] == ["(not told)"] * 3
    assert (settings["engine_url"], settings["history_days"]) == (None, 30)
    assert "secret-" not in whole
    assert "hash-of-anna" not in whole


async def test_raw_messages_are_those_of_the_log_while_the_hub_runs(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, roles=BROKERLESS), tmp_path / "a.hubz"
    async with running(settings) as served:
        for n, topic in enumerate(("raw/gh/1", "telemetry/hall", "raw/gh/2", "raw/gh/3")):
            piece = event(topic, n, payload="?")
            last = await served.hub.engine.publish(Batch.of([topic], [NOW + n], [piece]))
        await served.until(lambda: served.hub.recorder is not None and served.hub.recorder.position == last)
        for options, expected in (
            (("--raw",), ["raw/gh/1", "raw/gh/2", "raw/gh/3"]),
            (("--raw", "--from", str(NOW + 1), "--to", str(NOW + 2)), ["raw/gh/2"]),
            (("--raw", "--from", str(last)), []),
            ((), []),
        ):
            assert hub("export", *options, str(path))[0] == 0
            raw = [line for line in read(path) if isinstance(line, Placed) and line.kind == "raw"]
            assert [line.topic for line in raw] == expected
            path.unlink()


def test_a_whole_hub_goes_into_another_store(filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, said, errors = hub("export", "--all", str(filled))
    assert (code, errors) == (0, "")
    assert "7 events" in said
    assert "1 users" in said
    assert "password hashes" in said
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "other"))
    code, said, errors = hub("import", str(filled))
    assert (code, errors) == (0, "")
    assert "7 events" in said
    assert "were compared" in said
    assert hub("user", "list")[1].startswith("anna\tadmin")
    code, said, errors = hub("import", str(filled))
    assert (code, said) == (FAILED, "")
    assert sentence(errors)
    assert "a hub in this store already" in errors


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--all", "--raw"), "goes with no other option"),
        (("--from", "yesterday"), "'yesterday' is no time"),
        (("--from", "e-9"), "e-9 is not, or no longer, in what was recorded"),
        (("--from", "e-4", "--to", "e-2"), "from must be before to"),
        (("--filter", "a/#/b"), "has '#' elsewhere"),
        (("--devices", "a/#/'; DROP TABLE events"), "has '#' elsewhere"),
        (("--raw",), "there is none"),
    ],
)
def test_a_wish_that_can_t_be_met(
    filled: Path, options: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *options, str(filled)]) == FAILED
    assert reason in capsys.readouterr().err
    assert not filled.exists()


def test_a_file_that_is_there_already_is_left_alone(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled.write_text("mine")
    assert main(["export", str(filled)]) == FAILED
    assert "is there already" in capsys.readouterr().err
    assert filled.read_text() == "mine"
