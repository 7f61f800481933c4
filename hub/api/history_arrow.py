"""History as columns: an Arrow stream, and Parquet, which is written without ever going back in it."""

import io
from collections.abc import Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS = 50_000
"""Rows of one record batch, or one row group of Parquet: some 5 MB while they wait for the others."""

MIN_WHOLE, MAX_WHOLE = -(2**63), 2**63 - 1
SPLIT = frozenset({"value", "first", "last"})
"""Columns of whatever devices send; all others are numbers, or nothing."""


class ArrowColumns:
    """Rows as columns; a HistoryForm, see `history_export`. `devices` and `keys` are all that will come.

    A column that may hold any number has a second one for those that are whole, so that 64 bits stay exact; `value`,
    `first` and `last` have further ones for texts and booleans.
    """

    page_rows = 10_000

    def __init__(
        self, form: Literal["arrow", "parquet"], columns: Sequence[str], *, devices: Sequence[str], keys: Sequence[str]
    ) -> None:
        self.media = {"arrow": "application/vnd.apache.arrow.stream", "parquet": "application/vnd.apache.parquet"}[form]
        self._names = [pa.array(names, pa.string()) for names in (devices, keys)]
        self._numbers = [{name: number for number, name in enumerate(names)} for names in (devices, keys)]
        self._columns = columns
        self._schema = _schema(columns)
        self._series: list[tuple[int, int, int]] = []
        self._rows: list[Sequence[Any]] = []
        self._sink = _Chunks()
        place = pa.PythonFile(self._sink, mode="w")
        writer = pa.ipc.new_stream if form == "arrow" else pq.ParquetWriter
        self._writer = writer(place, self._schema)

    def begin(self) -> bytes:
        """See HistoryForm."""
        return self._sink.take()

    def rows(self, device: str, key: str, rows: Sequence[Sequence[Any]]) -> bytes:
        """See HistoryForm."""
        self._series.append((self._numbers[0][device], self._numbers[1][key], len(rows)))
        self._rows += rows
        return self._group() if len(self._rows) >= GROUP_ROWS else b""

    def end(self) -> bytes:
        """See HistoryForm."""
        found = self._group() if self._rows else b""
        self._writer.close()
        return found + self._sink.take()

    def _group(self) -> bytes:
        arrays = [
            pa.DictionaryArray.from_arrays(
                pa.array([one[place] for one in self._series for _ in range(one[2])], pa.int32()), self._names[place]
            )
            for place in (0, 1)
        ]
        for name, values in zip(self._columns, zip(*self._rows, strict=True), strict=True):
            arrays += _arrays(name, values)
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._series, self._rows = [], []
        return self._sink.take()


class _Chunks(io.RawIOBase):
    """What is written, until it is taken."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        self._chunks.append(bytes(chunk))
        self._length += len(chunk)
        return len(chunk)

    def tell(self) -> int:
        return self._length

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


def _schema(columns: Sequence[str]) -> Any:
    of_name = pa.dictionary(pa.int32(), pa.string())
    fields = [("device", of_name), ("key", of_name)]
    for name in columns:
        if name == "time":
            fields.append((name, pa.timestamp("ms", tz="UTC")))
        elif name == "count":
            fields.append((name, pa.int64()))
        else:
            fields += [(name, pa.float64()), (f"{name}_integer", pa.int64())]
            if name in SPLIT:
                fields += [(f"{name}_text", pa.string()), (f"{name}_boolean", pa.bool_())]
    return pa.schema(fields)


def _arrays(name: str, values: Sequence[Any]) -> list[Any]:
    if name == "time":
        return [pa.array(values, pa.timestamp("ms", tz="UTC"))]
    if name == "count":
        return [pa.array(values, pa.int64())]
    # By type and not by isinstance: true is no number here.
    kinds = [type(value) for value in values]
    whole = [
        value if kind is int and MIN_WHOLE <= value <= MAX_WHOLE else None
        for value, kind in zip(values, kinds, strict=True)
    ]
    arrays = [
        pa.array([float(value) if kind in {int, float} else None for value, kind in zip(values, kinds, strict=True)]),
        pa.array(whole, pa.int64()),
    ]
    arrays[0] = arrays[0].cast(pa.float64())
    if name in SPLIT:
        arrays += [
            pa.array([_text(value, kind) for value, kind in zip(values, kinds, strict=True)], pa.string()),
            pa.array([value if kind is bool else None for value, kind in zip(values, kinds, strict=True)], pa.bool_()),
        ]
    return arrays


def _text(value: Any, kind: type) -> str | None:
    if kind is str:
        return str(value)
    # What no column of whole numbers can hold is there digit by digit.
    return str(value) if kind is int and not MIN_WHOLE <= value <= MAX_WHOLE else None
