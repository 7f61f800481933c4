"""Chooses where things are kept: SQLite in the data directory, or the PostgreSQL of HUB_STORE_URL."""

from contextlib import AbstractAsyncContextManager
from importlib.util import find_spec
from math import inf
from typing import cast

from hub.errors import Unavailable
from hub.settings import Settings
from hub.store.archive_base import Store
from hub.store.base import EventStore
from hub.store.database import Database
from hub.store.database_sqlite import SqliteDatabase
from hub.store.projection_base import Projections
from hub.store.sqlite import SqliteEventStore
from hub.store.sqlite_damage import set_aside_damaged
from hub.store.step_base import StepStore
from hub.store.steps_sqlite import SqliteStepStore

DAY_S = 86_400


def prepare(settings: Settings) -> None:
    """Before a hub starts: a damaged SQLite file is kept aside, so that it goes on with an empty one."""
    if settings.store_url is None:
        set_aside_damaged(settings.store_path)


def database(settings: Settings) -> AbstractAsyncContextManager[Database]:
    """Users, keys and tickets; opening it makes the tables of all stores, or brings older ones up to date."""
    url = _postgres_url(settings)
    if url is None:
        return SqliteDatabase(settings.store_path)
    from hub.store.database_postgres import PostgresDatabase  # noqa: PLC0415 - an extra

    return PostgresDatabase(url)


def event_store(settings: Settings) -> AbstractAsyncContextManager[Store]:
    """History, the latest events and the archive; the database is open already."""
    url, keep_s = _postgres_url(settings), settings.history_days * DAY_S or None
    keep_events_s = None if settings.events_days is None else settings.events_days * DAY_S or inf
    keep_rollups_s, max_bytes = settings.minutes_days * DAY_S or None, settings.history_max_bytes
    if url is None:
        return SqliteEventStore(
            settings.store_path,
            keep_s=keep_s,
            keep_rollups_s=keep_rollups_s,
            max_bytes=max_bytes,
            keep_events_s=keep_events_s,
            keep_bytes=settings.history_keep_bytes,
        )
    from hub.store.postgres import PostgresEventStore  # noqa: PLC0415 - an extra

    # A week goes as one piece, whatever is in it: what is to stay longest decides.
    longest = inf if keep_s is None else max(keep_s, keep_events_s or 0)
    return PostgresEventStore(
        url, keep_s=None if longest == inf else longest, keep_rollups_s=keep_rollups_s, max_bytes=max_bytes
    )


def projections(store: EventStore) -> Projections:
    """What folds the projections of a store anew."""
    return cast("Projections", store)


def step_store(settings: Settings) -> AbstractAsyncContextManager[StepStore]:
    """Steps of commands; the database is open already."""
    url = _postgres_url(settings)
    if url is None:
        return SqliteStepStore(settings.store_path)
    from hub.store.steps_postgres import PostgresStepStore  # noqa: PLC0415 - an extra

    return PostgresStepStore(url)


def _postgres_url(settings: Settings) -> str | None:
    if settings.store_url is not None and find_spec("asyncpg") is None:
        raise Unavailable("PostgreSQL is not installed with this hub: pip install 'hub[postgres]'")
    return settings.store_url
