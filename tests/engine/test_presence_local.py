"""Presence of the local engine: its file, and what a process leaves to the next."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hub.engine.presence_local import LocalPresence
from hub.errors import Unavailable
from tests.engine.presence_places import ROOM, LocalPresencePlace, Node

SAID = "presence/chat/ops"


def refuse_writes(node: Node, *, refused: bool) -> None:
    assert isinstance(node.presence, LocalPresence)
    node.presence._file._db.execute(f"PRAGMA query_only={int(refused)}")


async def test_what_could_not_be_kept_is_said_when_it_can(tmp_path: Path) -> None:
    async with LocalPresencePlace(tmp_path).node() as node:
        await node.change((ROOM, "ivan", 1))
        refuse_writes(node, refused=True)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await node.change((ROOM, "anna", 1), (ROOM, "ivan", 0))
        assert len(await node.said()) == 1
        refuse_writes(node, refused=False)
        await node.change((ROOM, "anna", 1), (ROOM, "ivan", 0))
        assert (await node.said())[1:] == [(SAID, "join", "anna"), (SAID, "leave", "ivan")]
    async with LocalPresencePlace(tmp_path).node() as node:
        assert await node.users() == {"anna": 0}


async def test_a_join_that_was_perhaps_not_said_is_said(tmp_path: Path) -> None:
    async with LocalPresencePlace(tmp_path).node() as node:
        await node.change((ROOM, "anna", 1), (ROOM, "ivan", 1))
    with closing(sqlite3.connect(tmp_path / "presence.db")) as db, db:
        db.execute("UPDATE presence SET said = 0 WHERE user = 'anna'")
    async with LocalPresencePlace(tmp_path).node() as node:
        await node.change((ROOM, "anna", 1), (ROOM, "ivan", 1))
        assert (await node.said())[2:] == [(SAID, "join", "anna")]


async def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "presence.db").mkdir()
    with pytest.raises(Unavailable):
        async with LocalPresencePlace(tmp_path).node():
            raise AssertionError
