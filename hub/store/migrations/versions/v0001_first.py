"""What the first release made: an SQLite file, without Alembic, so each table may be there. It had no PostgreSQL."""

from alembic import op

revision = "0001"
down_revision = None

_COUNT = " BEGIN UPDATE access SET version = version + 1; END"
_TRIGGERS = (
    "CREATE TRIGGER IF NOT EXISTS access_key_added AFTER INSERT ON api_keys" + _COUNT,
    "CREATE TRIGGER IF NOT EXISTS access_key_removed AFTER DELETE ON api_keys" + _COUNT,
    "CREATE TRIGGER IF NOT EXISTS access_floor_added AFTER INSERT ON token_floors" + _COUNT,
    "CREATE TRIGGER IF NOT EXISTS access_floor_raised AFTER UPDATE ON token_floors" + _COUNT,
)

_TABLES = (
    "CREATE TABLE IF NOT EXISTS store (version INTEGER NOT NULL, places INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS epochs (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, offset INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS topics (id INTEGER PRIMARY KEY, topic TEXT NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS journal (
      place INTEGER PRIMARY KEY, start INTEGER NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS events (
      topic INTEGER NOT NULL, time INTEGER NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL,
      PRIMARY KEY (topic, time, place)
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS erasing (topic INTEGER PRIMARY KEY, place INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS latest (
      topic TEXT PRIMARY KEY, place INTEGER NOT NULL, body BLOB NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS users (
      name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, created INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS token_floors (user TEXT PRIMARY KEY, floor INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS api_keys (
      id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
      subscribe TEXT, publish TEXT, created INTEGER NOT NULL, expires INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS tickets (
      digest TEXT PRIMARY KEY, identity BLOB NOT NULL, expires INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS access (version INTEGER NOT NULL)",
    *_TRIGGERS,
    "INSERT INTO store SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM store)",
    "INSERT INTO access SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM access)",
)


def upgrade() -> None:
    """Make what is not there."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _TABLES:
            op.execute(statement)


def downgrade() -> None:
    """There is nothing before the first release."""
    raise NotImplementedError
