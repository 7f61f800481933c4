"""Alembic migrations of the store, for SQLite and PostgreSQL (see `hub.store.migration`)."""
