"""Versions of what is folded from the events, and the grounds from which the latest is where events are gone.

What was deleted before is not known, so the latest of every topic becomes its ground.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_UP = {
    "sqlite": (
        """CREATE TABLE projections (
          name TEXT PRIMARY KEY, version INTEGER NOT NULL, place INTEGER, made INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE grounds (
          topic TEXT PRIMARY KEY, place INTEGER NOT NULL, body BLOB NOT NULL
        ) WITHOUT ROWID""",
        """INSERT INTO grounds
        SELECT topic, coalesce((SELECT min(place) FROM journal), (SELECT places FROM store)), body FROM latest
        WHERE NOT topic BETWEEN 'raw/' AND 'raw0'""",
    ),
    "postgresql": (
        """CREATE TABLE projections (
          name text PRIMARY KEY, version bigint NOT NULL, place bigint, made bigint NOT NULL
        )""",
        'CREATE TABLE grounds (topic text COLLATE "C" PRIMARY KEY, place bigint NOT NULL, body bytea NOT NULL)',
        """INSERT INTO grounds SELECT topic, (SELECT folded FROM store), body FROM latest
        WHERE NOT (topic >= 'raw/' AND topic < 'raw0')""",
    ),
}


def upgrade() -> None:
    """Make the tables."""
    for statement in _UP[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """What an older hub folds needs neither."""
    op.execute("DROP TABLE projections")
    op.execute("DROP TABLE grounds")
