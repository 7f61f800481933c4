"""PostgreSQL; on SQLite, the version of access is counted by those who change it instead of by triggers."""

from alembic import op

revision = "0002"
down_revision = "0001"

_TRIGGERS = ("access_key_added", "access_key_removed", "access_floor_added", "access_floor_raised")
_COUNT = " BEGIN UPDATE access SET version = version + 1; END"

_UP = {
    "sqlite": (
        *(f"DROP TRIGGER {name}" for name in _TRIGGERS),
        # A hub of the first release looks at this and does not start.
        "UPDATE store SET version = 2",
    ),
    "postgresql": (
        "CREATE TABLE store (places bigint NOT NULL, folded bigint NOT NULL, forgets bigint NOT NULL)",
        "INSERT INTO store VALUES (0, 0, 0)",
        """CREATE TABLE epochs (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, epoch text NOT NULL UNIQUE, "offset" bigint NOT NULL
        )""",
        """CREATE TABLE topics (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text COLLATE "C" NOT NULL UNIQUE
        )""",
        """CREATE TABLE events (
          topic bigint NOT NULL, time bigint NOT NULL, place bigint NOT NULL, body bytea NOT NULL,
          PRIMARY KEY (topic, time, place)
        ) PARTITION BY RANGE (time)""",
        "CREATE INDEX events_place ON events (place)",
        "CREATE TABLE events_other PARTITION OF events DEFAULT",
        "CREATE TABLE erasing (topic bigint PRIMARY KEY, place bigint NOT NULL)",
        'CREATE TABLE latest (topic text COLLATE "C" PRIMARY KEY, place bigint NOT NULL, body bytea NOT NULL)',
        """CREATE TABLE users (
          name text PRIMARY KEY, role text NOT NULL, password_hash text NOT NULL, created bigint NOT NULL
        )""",
        'CREATE TABLE token_floors ("user" text PRIMARY KEY, floor bigint NOT NULL)',
        """CREATE TABLE api_keys (
          id text PRIMARY KEY, digest text NOT NULL UNIQUE, name text NOT NULL UNIQUE, role text NOT NULL,
          subscribe text, publish text, created bigint NOT NULL, expires bigint
        )""",
        "CREATE TABLE tickets (digest text PRIMARY KEY, identity bytea NOT NULL, expires bigint NOT NULL)",
        "CREATE TABLE access (version bigint NOT NULL)",
        "INSERT INTO access VALUES (0)",
    ),
}
_DOWN = {
    "sqlite": (
        "CREATE TRIGGER access_key_added AFTER INSERT ON api_keys" + _COUNT,
        "CREATE TRIGGER access_key_removed AFTER DELETE ON api_keys" + _COUNT,
        "CREATE TRIGGER access_floor_added AFTER INSERT ON token_floors" + _COUNT,
        "CREATE TRIGGER access_floor_raised AFTER UPDATE ON token_floors" + _COUNT,
        "UPDATE store SET version = 1",
    ),
    "postgresql": (
        "DROP TABLE store, epochs, topics, events, erasing, latest, users, token_floors, api_keys, tickets, access",
    ),
}


def upgrade() -> None:
    """From the first release."""
    for statement in _UP[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """As the first release knows it; of PostgreSQL, which it did not know, nothing is left."""
    for statement in _DOWN[op.get_bind().dialect.name]:
        op.execute(statement)
