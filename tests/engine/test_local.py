import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path

import pytest

from hub.engine import log_file
from hub.engine.local import LocalEngine
from hub.errors import Unavailable, Unrecoverable
from hub.events import Position
from tests.engine.places import PLENTY_BYTES, PLENTY_S, batch, collect, number, numbers, offsets

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def engine_on(path: Path, *, max_bytes: int = PLENTY_BYTES, max_age_s: float = PLENTY_S) -> LocalEngine:
    return LocalEngine(path, max_bytes=max_bytes, max_age_s=max_age_s)


@contextmanager
def publisher(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that publishes; killed with kill -9 at the end, its output closed."""
    argv = [sys.executable, str(ROOT / "tests/engine/publisher_child.py"), str(path)]
    with subprocess.Popen(argv, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True) as child:
        yield child
        child.kill()


def acknowledged(child: subprocess.Popen[str], count: int | None = None) -> dict[Position, int]:
    """What the child said: the next `count` lines, or all that are left."""
    assert child.stdout is not None
    lines = child.stdout.readlines() if count is None else [child.stdout.readline() for _ in range(count)]
    pairs = [line.split() for line in lines if line.endswith("\n")]
    return {Position.parse(position): int(number) for position, number in pairs}


async def test_kill_9_in_the_middle_of_publishing_loses_nothing_acknowledged(path: Path) -> None:
    said: dict[Position, int] = {}
    for count in (50, 400):
        with publisher(path) as child:
            said |= acknowledged(child, count)
            child.kill()
            said |= acknowledged(child)
    assert len({position.epoch for position in said}) == 1
    async with engine_on(path) as engine:
        found = await engine.tail(limit=10**6)
        assert offsets(found) == list(range(1, len(found) + 1))
        on_log = {one.position: number(one) for one in found}
        assert {position: on_log.get(position) for position in said} == said
        assert (await engine.head()).epoch == found[0].position.epoch if found[0].position else False


async def test_a_second_process_is_refused(path: Path) -> None:
    with publisher(path) as child:
        acknowledged(child, 1)
        with pytest.raises(Unavailable, match=r"log\.db is in use: the local engine is for one process"):
            await engine_on(path).__aenter__()
    async with engine_on(path) as engine:
        assert (await engine.head()).offset >= 1


def meta(path: Path, **values: str) -> None:
    """What the file would say in another situation."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executemany("UPDATE meta SET value = ? WHERE name = ?", [(value, name) for name, value in values.items()])


async def test_a_new_epoch_begins_when_the_machine_went_down_with_the_log_open(path: Path) -> None:
    async with engine_on(path) as engine, engine.consume("recorder", "a") as batches:
        positions = [await engine.publish(batch(i)) for i in range(1, 6)]
        await collect(batches, 5)
        await engine.ack("recorder", positions[2])
    meta(path, boot="an earlier boot", clean="0")
    async with engine_on(path) as engine:
        head = await engine.head()
        assert head.epoch != positions[0].epoch
        assert head.offset == 5
        assert await engine.history(head, limit=10) == []
        with pytest.raises(Unrecoverable):
            await engine.history(positions[-1], limit=10)
        with pytest.raises(Unrecoverable):
            await engine.history(Position(head.epoch, 3), limit=10)
        assert [one.position for one in await engine.tail(limit=10)] == positions
        async with engine.consume("recorder", "a") as batches:
            assert [one.position for one in await collect(batches, 2)] == positions[3:]
        assert await engine.publish(batch(6)) == Position(head.epoch, 6)
        assert numbers(await engine.history(head, limit=10)) == [6]


async def test_the_epoch_stays_when_the_machine_went_down_after_a_clean_close(path: Path) -> None:
    async with engine_on(path) as engine:
        position = await engine.publish(batch(1))
    meta(path, boot="an earlier boot")
    async with engine_on(path) as engine:
        assert await engine.head() == position


async def test_without_a_boot_id_only_a_clean_close_keeps_the_epoch(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_file, "BOOT_ID", tmp_path / "absent")
    async with engine_on(path) as engine:
        position = await engine.publish(batch(1))
    async with engine_on(path) as engine:
        assert await engine.head() == position
    meta(path, clean="0")
    async with engine_on(path) as engine:
        assert (await engine.head()).epoch != position.epoch


async def test_a_lost_file_is_a_new_epoch(path: Path) -> None:
    async with engine_on(path) as engine:
        before = await engine.head()
    path.unlink()
    async with engine_on(path) as engine:
        assert (await engine.head()).epoch != before.epoch


async def test_files_that_are_no_log_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 1000)
    with closing(sqlite3.connect(tmp_path / "newer", isolation_level=None)) as db:
        db.execute("PRAGMA user_version=77")
    for name in ("text", "newer", "absent/log.db"):
        with pytest.raises(Unavailable, match=name):
            await engine_on(tmp_path / name).__aenter__()


async def test_size_and_trimming_go_on_after_a_restart(path: Path) -> None:
    async with engine_on(path) as engine:
        await asyncio.gather(*(engine.publish(batch(i, padding=10_000)) for i in range(1, 201)))
        size = engine.size_bytes
        assert size > 2_000_000
    async with engine_on(path, max_bytes=1_000_000) as engine:
        assert engine.size_bytes <= size
        async with asyncio.timeout(20):
            while engine.size_bytes > 1_000_000:
                await asyncio.sleep(0.02)
        kept = engine.size_bytes
    async with engine_on(path) as engine:
        assert engine.size_bytes == kept
        assert numbers(await engine.tail(limit=1)) == [200]


async def test_the_newest_batch_is_never_trimmed(path: Path) -> None:
    async with engine_on(path, max_bytes=1, max_age_s=0) as engine:
        await engine.publish(batch(1))
        position = await engine.publish(batch(2))
        async with asyncio.timeout(20):
            while engine.size_bytes > 200:
                await asyncio.sleep(0.02)
    async with engine_on(path) as engine:
        assert await engine.head() == position
        assert numbers(await engine.tail(limit=5)) == [2]


async def test_a_log_that_can_not_be_read_is_unavailable(path: Path) -> None:
    async with engine_on(path) as engine:
        start = await engine.head()
        await asyncio.gather(*(engine.publish(batch(i)) for i in range(1100)))
        path.rename(path.with_suffix(".away"))
        with pytest.raises(Unavailable, match=r"log\.db can't be read"):
            await engine.history(start, limit=1)
        shutil.move(path.with_suffix(".away"), path)
        assert len(await engine.history(start, limit=1)) == 1


async def test_acks_that_can_not_be_kept_are_unavailable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.engine.local.ACK_TIMEOUT_S", 0.05)
    async with engine_on(path) as engine, engine.consume("g", "a") as batches:
        position = await engine.publish(batch(1))
        await collect(batches, 1)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="'g'"):
                await engine.ack("g", position)
            db.execute("ROLLBACK")


async def test_closing_while_the_file_refuses_ends_the_waiting_publishers(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        async with engine_on(path) as engine:
            await engine.publish(batch(1))
            db.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(engine.publish(batch(2)))
            async with asyncio.timeout(20):
                while engine.write_failures == 0:
                    await asyncio.sleep(0.01)
        with pytest.raises(Unavailable):
            await waiting
        with pytest.raises(Unavailable):
            await engine.head()
        db.execute("ROLLBACK")


async def test_a_subscriber_is_told_when_the_engine_closes(path: Path) -> None:
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(engine_on(path))
        async with engine.subscribe() as live:
            waiting = asyncio.create_task(anext(live))
            await asyncio.sleep(0)
            await stack.aclose()
            with pytest.raises(Unavailable):
                await waiting


async def test_entries_that_can_not_be_understood_do_not_keep_the_file(path: Path) -> None:
    async with engine_on(path) as engine:
        await engine.publish(batch(1))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        (entry,) = db.execute("SELECT entry FROM batch").fetchone()
        db.execute("UPDATE batch SET entry = x'78'")
        with pytest.raises(Unavailable, match="no batch"):
            await engine_on(path).__aenter__()
        db.execute("UPDATE batch SET entry = ?", (entry,))
    async with engine_on(path) as engine:
        assert numbers(await engine.tail(limit=1)) == [1]
