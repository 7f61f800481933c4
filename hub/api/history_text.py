"""History as lines of text: CSV and NDJSON."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson

OF_SERIES = ("device", "key")


class CsvText:
    """Rows as CSV with one head; a HistoryForm, see `history_export`."""

    media = "text/csv; charset=utf-8"
    page_rows = 5_000

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def begin(self) -> bytes:
        """See HistoryForm."""
        return _csv([(*OF_SERIES, *self._columns)])

    def rows(self, device: str, key: str, rows: Sequence[Sequence[Any]]) -> bytes:
        """See HistoryForm."""
        return _csv([(device, key, *map(_cell, row)) for row in rows])

    def end(self) -> bytes:
        """See HistoryForm."""
        return b""


class NdjsonText:
    """Rows as JSON objects, one a line; a HistoryForm, see `history_export`."""

    media = "application/x-ndjson"
    page_rows = 5_000

    def __init__(self, columns: Sequence[str]) -> None:
        self._names = (*OF_SERIES, *columns)

    def begin(self) -> bytes:
        """See HistoryForm."""
        return b""

    def rows(self, device: str, key: str, rows: Sequence[Sequence[Any]]) -> bytes:
        """See HistoryForm."""
        names = self._names
        return b"".join([orjson.dumps(dict(zip(names, (device, key, *row), strict=True))) + b"\n" for row in rows])

    def end(self) -> bytes:
        """See HistoryForm."""
        return b""


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    # As in JSON, so that true and numbers of 64 bits come back; text is itself, and nothing where there is nothing.
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
