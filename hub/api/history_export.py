"""History as a file, a page at a time, however long: lines of text or columns."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, Protocol

from fastapi.responses import StreamingResponse

from hub.api.history_text import CsvText, NdjsonText
from hub.errors import Unavailable
from hub.store.base import EventStore

Form = Literal["csv", "ndjson", "parquet", "arrow"]
VALUES = ("time", "value")


class HistoryForm(Protocol):
    """What rows become, piece by piece; a piece may be empty. `media` is its type, `page_rows` what is read at once."""

    media: str
    page_rows: int

    def begin(self) -> bytes:
        """What stands before all rows."""
        ...

    def rows(self, device: str, key: str, rows: Sequence[Sequence[Any]]) -> bytes:
        """Take further rows of a series."""
        ...

    def end(self) -> bytes:
        """What stands behind all rows, with those that are still here."""
        ...


def values_file(
    store: EventStore, form: Form, asked: Mapping[str, Sequence[str]], span: tuple[int, int]
) -> StreamingResponse:
    """All values of each device's keys with start <= time < end (ms), one series after the other; raises HubError."""
    written = _form(form, VALUES, asked)
    return _streamed(form, written, _values(store, written, asked, span))


def rows_file(form: Form, series: Sequence[Mapping[str, Any]]) -> StreamingResponse:
    """Rows that are there already; the columns of all series are the same. Raises HubError."""
    asked: dict[str, list[str]] = {}
    for one in series:
        asked.setdefault(one["device"], []).append(one["key"])
    written = _form(form, series[0]["columns"] if series else VALUES, asked)
    return _streamed(form, written, _rows(written, series))


def _form(form: Form, columns: Sequence[str], asked: Mapping[str, Sequence[str]]) -> HistoryForm:
    match form:
        case "csv":
            return CsvText(columns)
        case "ndjson":
            return NdjsonText(columns)
        case _:
            return _columns(form, columns, asked)


def _columns(
    form: Literal["parquet", "arrow"], columns: Sequence[str], asked: Mapping[str, Sequence[str]]
) -> HistoryForm:
    try:
        from hub.api.history_arrow import ArrowColumns  # noqa: PLC0415 - an extra, and large
    except ImportError:
        raise Unavailable(
            f"The format {form} needs pyarrow, which is not installed with this hub: pip install 'hub[arrow]'"
        ) from None
    keys = sorted({key for keys in asked.values() for key in keys})
    return ArrowColumns(form, columns, devices=[*asked], keys=keys)


def _streamed(form: Form, written: HistoryForm, pieces: AsyncIterator[bytes]) -> StreamingResponse:
    # A browser that is sent there keeps it as a file.
    headers = {"Content-Disposition": f'attachment; filename="history.{form}"'}
    return StreamingResponse(pieces, media_type=written.media, headers=headers)


async def _values(
    store: EventStore, written: HistoryForm, asked: Mapping[str, Sequence[str]], span: tuple[int, int]
) -> AsyncIterator[bytes]:
    yield written.begin()
    for device, keys in asked.items():
        for key in keys:
            after: str | None = None
            while True:
                page = await store.history(
                    device, key, start=span[0], end=span[1], limit=written.page_rows, after=after
                )
                # In a thread: others would feel how long a page takes to be made.
                yield await asyncio.to_thread(written.rows, device, key, page.points)
                after = page.next
                if after is None:
                    break
    yield await asyncio.to_thread(written.end)


async def _rows(written: HistoryForm, series: Sequence[Mapping[str, Any]]) -> AsyncIterator[bytes]:
    yield written.begin()
    for one in series:
        yield await asyncio.to_thread(written.rows, one["device"], one["key"], one["points"])
    yield await asyncio.to_thread(written.end)
