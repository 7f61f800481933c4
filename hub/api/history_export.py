"""History as lines of text, a page at a time: CSV and NDJSON, however long."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal

import orjson
from fastapi.responses import StreamingResponse

from hub.store.base import EventStore

Form = Literal["csv", "ndjson"]
MEDIA: dict[Form, str] = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
PAGE_VALUES = 5_000

OF_SERIES = ("device", "key")
VALUES = ("time", "value")


def streamed(form: Form, lines: AsyncIterator[bytes]) -> StreamingResponse:
    """The answer; a browser that is sent there keeps it as a file."""
    headers = {"Content-Disposition": f'attachment; filename="history.{form}"'}
    return StreamingResponse(lines, media_type=MEDIA[form], headers=headers)


async def of_values(
    store: EventStore, form: Form, asked: Mapping[str, Sequence[str]], span: tuple[int, int]
) -> AsyncIterator[bytes]:
    """All values of each device's keys with start <= time < end (ms), one series after the other."""
    yield _head(form, VALUES)
    for device, keys in asked.items():
        for key in keys:
            after: str | None = None
            while True:
                page = await store.history(device, key, start=span[0], end=span[1], limit=PAGE_VALUES, after=after)
                yield _lines(form, (device, key), VALUES, page.points)
                after = page.next
                if after is None:
                    break


async def of_rows(form: Form, series: Sequence[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    """Rows that are there already; the columns of all series are the same."""
    if series:
        yield _head(form, series[0]["columns"])
    for one in series:
        yield _lines(form, (one["device"], one["key"]), one["columns"], one["points"])


def _head(form: Form, columns: Sequence[str]) -> bytes:
    return _csv([(*OF_SERIES, *columns)]) if form == "csv" else b""


def _lines(form: Form, series: tuple[str, str], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    if form == "csv":
        return _csv([(*series, *map(_cell, row)) for row in rows])
    names = (*OF_SERIES, *columns)
    return b"".join([orjson.dumps(dict(zip(names, (*series, *row), strict=True))) + b"\n" for row in rows])


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    # As in JSON, so that true and numbers of 64 bits come back; text is itself, and nothing where there is nothing.
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
