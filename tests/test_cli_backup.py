"""`hub backup` while devices send: the copy is whole up to one position, and is a hub again."""

import asyncio
import os
import stat
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest

from hub.cli import FAILED, main
from hub.events import Batch, encode_event
from hub.instance import recorded
from hub.settings import Settings
from hub.store.archive_base import Archive, Archived
from hub.store.base import User
from hub.store.user_table import UserTable
from hub.store_choice import database, event_store
from tests.hub_command import hub, isolate, sentence
from tests.running import BROKERLESS, Running, running, settings_for
from tests.servers import PostgresServer, postgres_program


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)


async def everything(store: Archive, *, until: int | None = None) -> list[Archived]:
    return [one async for one in recorded(store, until=until)]


START_MS = time.time_ns() // 1_000_000
TOPICS = ["telemetry/a", "telemetry/b", "chat/ops"]


def one_batch(n: int) -> Batch:
    pieces = [encode_event(topic, START_MS + n, {"n": n, "text": f"message {n}"}) for topic in TOPICS]
    return Batch.of(TOPICS, [START_MS + n] * len(TOPICS), pieces)


@asynccontextmanager
async def load(served: Running) -> AsyncIterator[None]:
    """Events come as fast as the log takes them, until the block ends."""
    busy = True

    async def send() -> None:
        for n in count():
            if not busy:
                return
            await served.hub.engine.publish(one_batch(n))

    sending = asyncio.create_task(send())
    try:
        yield
    finally:
        busy = False
        await sending


async def all_recorded(served: Running) -> None:
    head = await served.hub.engine.head()
    await served.until(lambda: served.hub.recorder is not None and served.hub.recorder.position == head)


async def command(*arguments: str) -> str:
    code, said, errors = await asyncio.to_thread(hub, *arguments)
    assert (code, errors) == (0, "")
    return said


async def backed_up(settings: Settings, path: Path) -> list[Archived]:
    """Write to a hub, back it up meanwhile, and give what it has recorded up to the position that the backup has."""
    async with running(settings) as served:
        await served.hub.users.add(User("anna", "admin", "$argon2id$", 1))
        async with load(served):
            await served.until(lambda: served.hub.recorder is not None and served.hub.recorder.written > 500)
            said = await command("backup", str(path))
            seen = served.hub.recorder.written if served.hub.recorder is not None else 0
            await served.until(lambda: served.hub.recorder is not None and served.hub.recorder.written > seen)
        await all_recorded(served)
        every = await everything(served.hub.store)
    if "everything up to" not in said:
        return every
    position = said.split("everything up to ")[1].split(";")[0]
    return [one for one in every if one.position.offset <= int(position.rpartition("-")[2])]


async def test_a_backup_under_load_is_a_hub_again(tmp_path: Path) -> None:
    settings, path = settings_for(tmp_path, roles=BROKERLESS), tmp_path / "backup.db"
    before = await backed_up(settings, path)
    assert len(before) > 500
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*backup*")) == [path]

    restored = settings_for(tmp_path / "restored", roles=BROKERLESS)
    restored.prepare()
    path.rename(restored.store_path)
    async with running(restored) as served:
        assert await everything(served.hub.store, until=before[-1].place) == before
        assert [user.name for user in await served.hub.users.list()] == ["anna"]
        for n in range(10):
            await served.hub.engine.publish(one_batch(10**6 + n))
        await all_recorded(served)
        after = await everything(served.hub.store)
    new = [one for one in after[len(before) :] if one.topic.startswith("telemetry/")]
    assert after[: len(before)] == before
    assert len(new) == 20


async def test_postgresql_is_dumped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer, postgres_url: str
) -> None:
    monkeypatch.setenv("PATH", f"{Path(postgres_program('pg_dump')).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HUB_STORE_URL", postgres_url.replace("postgres@", "postgres:secret@"))
    settings, path = settings_for(tmp_path, roles=BROKERLESS, store_url=postgres_url), tmp_path / "backup.dump"
    every = await backed_up(settings, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    name = postgres.new_database()
    restore = [postgres_program("pg_restore"), f"--dbname={postgres.url(name)}", str(path)]
    subprocess.run(restore, check=True)
    chosen = settings_for(tmp_path, store_url=postgres.url(name))
    async with database(chosen) as opened, event_store(chosen) as store:
        found = await everything(store)
        assert [user.name for user in await UserTable(opened).list()] == ["anna"]
    assert 500 < len(found) <= len(every)
    assert found == every[: len(found)]


def test_where_there_is_no_pg_dump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HUB_STORE_URL", "postgresql://anna:secret@db.example:5433/hub")
    assert main(["backup", "a.dump"]) == FAILED
    said = capsys.readouterr().err
    assert "pg_dump --format=custom --file=a.dump postgresql://anna@db.example:5433/hub" in said
    assert "secret" not in said


def test_a_database_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(Path(postgres_program("pg_dump")).parent))
    monkeypatch.setenv("HUB_STORE_URL", "postgresql://postgres@127.0.0.1:1/hub")
    assert main(["backup", "a.dump"]) == FAILED
    assert sentence(capsys.readouterr().err)
    assert not (tmp_path / "a.dump").exists()


def test_what_can_t_be_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "a.db"]) == FAILED
    assert "see HUB_DATA_DIR" in capsys.readouterr().err
    (tmp_path / "a.db").touch()
    assert main(["backup", "a.db"]) == FAILED
    assert "is there already" in capsys.readouterr().err
    (tmp_path / "data").mkdir()
    (tmp_path / "data/hub.db").write_bytes(b"no database at all" * 1000)
    assert main(["backup", "b.db"]) == FAILED
    assert "can't be copied" in capsys.readouterr().err
    assert main(["backup", "none/b.db"]) == FAILED
    assert "can't be written" in capsys.readouterr().err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.db", "data"]
