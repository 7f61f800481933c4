"""Search on PostgreSQL: what each event is found by. Found is only what comes from now on, as it was on SQLite."""

from alembic import op

revision = "0006"
down_revision = "0005"

_UP = (
    """CREATE TABLE said (
      place bigint PRIMARY KEY, topic bigint NOT NULL, time bigint NOT NULL,
      device text COLLATE "C" NOT NULL, "user" text COLLATE "C" NOT NULL, position text NOT NULL,
      words tsvector NOT NULL
    )""",
    "CREATE INDEX said_device ON said (device, place)",
    'CREATE INDEX said_user ON said ("user", place)',
    "CREATE INDEX said_time ON said (time)",
    "CREATE INDEX said_words ON said USING gin (words)",
)


def upgrade() -> None:
    """Make the table."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in _UP:
            op.execute(statement)


def downgrade() -> None:
    """It is computed from what stays."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TABLE said")
