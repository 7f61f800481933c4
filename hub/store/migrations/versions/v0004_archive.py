"""The archive: which positions the places of events had and when, and how things were now and then."""

from alembic import op

revision = "0004"
down_revision = "0003"

_UP = {
    "sqlite": (
        """CREATE TABLE runs (
          place INTEGER PRIMARY KEY, epoch TEXT NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL,
          counts TEXT NOT NULL
        )""",
        "CREATE INDEX runs_offset ON runs (epoch, offset)",
        "CREATE INDEX runs_at ON runs (at, place)",
        "CREATE TABLE snapshots (place INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE INDEX events_place ON events (place)",
        "ALTER TABLE erasing ADD COLUMN snapshot INTEGER NOT NULL DEFAULT -1",
    ),
    "postgresql": (
        """CREATE TABLE runs (
          place bigint PRIMARY KEY, epoch text NOT NULL, "offset" bigint NOT NULL, at bigint NOT NULL,
          counts integer[] NOT NULL
        )""",
        'CREATE INDEX runs_offset ON runs (epoch, "offset")',
        "CREATE INDEX runs_at ON runs (at, place)",
        "CREATE TABLE snapshots (place bigint PRIMARY KEY, body bytea NOT NULL)",
        "ALTER TABLE erasing ADD COLUMN snapshot bigint NOT NULL DEFAULT -1",
    ),
}
_DOWN = {
    "sqlite": (
        "DROP TABLE runs",
        "DROP TABLE snapshots",
        "DROP INDEX events_place",
        "ALTER TABLE erasing DROP COLUMN snapshot",
    ),
    "postgresql": ("DROP TABLE runs, snapshots", "ALTER TABLE erasing DROP COLUMN snapshot"),
}


def upgrade() -> None:
    """Make the tables."""
    for statement in _UP[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Events stay; which position each had, and how things were, is not known any more."""
    for statement in _DOWN[op.get_bind().dialect.name]:
        op.execute(statement)
