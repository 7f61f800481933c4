"""Rollups and search on SQLite.

Rollups of what is there already are marked to be computed; found is only what comes from now on.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

_UP = (
    """CREATE TABLE rollups (
      topic INTEGER NOT NULL, level INTEGER NOT NULL, start INTEGER NOT NULL, body BLOB NOT NULL,
      PRIMARY KEY (topic, level, start)
    ) WITHOUT ROWID""",
    """CREATE TABLE stale (
      topic INTEGER NOT NULL, level INTEGER NOT NULL, start INTEGER NOT NULL, due INTEGER NOT NULL,
      PRIMARY KEY (topic, level, start)
    ) WITHOUT ROWID""",
    "CREATE INDEX stale_due ON stale (level, due)",
    """CREATE TABLE said (
      place INTEGER PRIMARY KEY, topic INTEGER NOT NULL, time INTEGER NOT NULL,
      device TEXT NOT NULL, user TEXT NOT NULL, position TEXT NOT NULL
    )""",
    "CREATE INDEX said_device ON said (device, place)",
    "CREATE INDEX said_user ON said (user, place)",
    "CREATE INDEX said_time ON said (time)",
    "CREATE VIRTUAL TABLE said_text USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2')",
    # Dividing rounds towards 1970; no device has sent before.
    """INSERT OR IGNORE INTO stale SELECT events.topic, 1, time / 60000 * 60000, 0
    FROM topics JOIN events ON events.topic = topics.id
    WHERE topics.topic BETWEEN 'telemetry/' AND 'telemetry0' AND time >= 0""",
)


def upgrade() -> None:
    """Make the tables."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _UP:
            op.execute(statement)


def downgrade() -> None:
    """They are computed from what stays."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE rollups")
        op.execute("DROP TABLE stale")
        op.execute("DROP TABLE said_text")
        op.execute("DROP TABLE said")
