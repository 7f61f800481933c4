"""Rollups on PostgreSQL; those of what is there already are marked to be computed."""

from alembic import op

revision = "0005"
down_revision = "0004"

_UP = (
    """CREATE TABLE rollups (
      topic bigint NOT NULL, level smallint NOT NULL, start bigint NOT NULL, body bytea NOT NULL,
      PRIMARY KEY (topic, level, start)
    )""",
    """CREATE TABLE stale (
      topic bigint NOT NULL, level smallint NOT NULL, start bigint NOT NULL, due bigint NOT NULL,
      PRIMARY KEY (topic, level, start)
    )""",
    "CREATE INDEX stale_due ON stale (level, due)",
    "ALTER TABLE store ADD COLUMN rolls bigint NOT NULL DEFAULT 0",
    """INSERT INTO stale SELECT DISTINCT events.topic, 1, time - mod(mod(time, 60000) + 60000, 60000), 0
    FROM topics JOIN events ON events.topic = topics.id
    WHERE topics.topic >= 'telemetry/' AND topics.topic < 'telemetry0'""",
)


def upgrade() -> None:
    """Make the tables."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in _UP:
            op.execute(statement)


def downgrade() -> None:
    """They are computed from what stays."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE rollups, stale")
        op.execute("ALTER TABLE store DROP COLUMN rolls")
