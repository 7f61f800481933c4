"""History as an Arrow stream and as Parquet, read back with pyarrow."""

import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub.api import history_arrow
from hub.api.history_arrow import ArrowColumns
from tests.api.hub_api import NOW_MS, Api

MEDIA = {"arrow": "application/vnd.apache.arrow.stream", "parquet": "application/vnd.apache.parquet"}
SPLIT = ("value", "value_integer", "value_text", "value_boolean")
forms = pytest.mark.parametrize("form", sorted(MEDIA))


def table(form: str, content: bytes) -> Any:
    if form == "parquet":
        return pq.read_table(io.BytesIO(content))
    return pa.ipc.open_stream(content).read_all()


async def read(api: Api, form: str, **params: Any) -> Any:
    answer = await api.browser.get("/api/history", params={"format": form, **params}, headers=api.bearer())
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA[form]
    assert answer.headers["content-disposition"] == f'attachment; filename="history.{form}"'
    return table(form, answer.content)


def rows(found: Any) -> list[tuple[Any, ...]]:
    times = found.column("time").cast(pa.int64()).to_pylist()
    others = [found.column(name).to_pylist() for name in found.column_names if name != "time"]
    return [
        (device, key, time, *rest) for (device, key, *rest), time in zip(zip(*others, strict=True), times, strict=True)
    ]


@forms
async def test_values_of_every_kind_stay_exact(api: Api, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_arrow, "GROUP_ROWS", 2)
    monkeypatch.setattr(ArrowColumns, "page_rows", 2)
    whole = [2**63 - 1, -(2**63), 0, 2**63, 2**64 - 1]
    await api.write([("telemetry/a", NOW_MS + at, {"n": number}) for at, number in enumerate(whole)])
    await api.write([("telemetry/b", NOW_MS, {"s": "né", "t": True, "f": 0.1}), ("telemetry/c", NOW_MS - 1, {"n": 1})])
    found = await read(api, form, device=["a", "b", "c"], **{"from": NOW_MS, "to": NOW_MS + 9})
    assert rows(found) == [
        ("a", "n", NOW_MS, float(2**63 - 1), 2**63 - 1, None, None),
        ("a", "n", NOW_MS + 1, float(-(2**63)), -(2**63), None, None),
        ("a", "n", NOW_MS + 2, 0.0, 0, None, None),
        ("a", "n", NOW_MS + 3, float(2**63), None, str(2**63), None),
        ("a", "n", NOW_MS + 4, float(2**64 - 1), None, str(2**64 - 1), None),
        ("b", "f", NOW_MS, 0.1, None, None, None),
        ("b", "s", NOW_MS, None, None, "né", None),
        ("b", "t", NOW_MS, None, None, None, True),
    ]
    assert found.column_names == ["device", "key", "time", *SPLIT]
    types = [str(found.schema.field(name).type) for name in found.column_names[1:]]
    name = "dictionary<values=string, indices=int32, ordered=0>"
    assert types == [name, "timestamp[ms, tz=UTC]", "double", "int64", "string", "bool"]


@forms
async def test_rows_have_the_columns_of_what_was_asked_for(api: Api, form: str) -> None:
    await api.write([("telemetry/a", NOW_MS + at, {"n": 2**62 + at, "s": "x"}) for at in range(4)])
    span = {"from": NOW_MS, "to": NOW_MS + 4}
    found = await read(api, form, device="a", points=2, aggregate=["max", "count", "avg", "last"], **span)
    top = 2.0**62
    assert found.column_names == [
        *("device", "key", "time", "max", "max_integer", "count", "avg", "avg_integer"),
        *("last", "last_integer", "last_text", "last_boolean"),
    ]
    assert rows(found) == [
        ("a", "n", NOW_MS, top, 2**62 + 1, 2, top, None, top, 2**62 + 1, None, None),
        ("a", "n", NOW_MS + 2, top, 2**62 + 3, 2, top, None, top, 2**62 + 3, None, None),
        ("a", "s", NOW_MS, None, None, 2, None, None, None, None, "x", None),
        ("a", "s", NOW_MS + 2, None, None, 2, None, None, None, None, "x", None),
    ]
    few = await read(api, form, device="a", key="n", points=4, **span)
    assert few.column("value_integer").to_pylist() == [2**62 + at for at in range(4)]


@forms
async def test_where_there_is_nothing_the_columns_are_there(api: Api, form: str) -> None:
    for params in ({"device": "nothing"}, {"device": "nothing", "key": "n"}):
        found = await read(api, form, **params)
        assert (found.num_rows, found.column_names) == (0, ["device", "key", "time", *SPLIT])


@forms
async def test_without_pyarrow_it_is_said_what_to_install(api: Api, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hub.api.history_arrow", None)
    answer = await api.browser.get("/api/history", params={"device": "a", "format": form}, headers=api.bearer())
    assert answer.status_code == 503
    assert answer.json()["error"]["name"] == "not_available"
    assert answer.json()["error"]["message"].endswith("pip install 'hub[arrow]'")


@contextmanager
def most_memory() -> Iterator[list[int]]:
    """Collects how much memory (bytes) this process has over that of the beginning, looked at all the time."""
    grown, over = [0], threading.Event()
    size = os.sysconf("SC_PAGE_SIZE")

    def resident() -> int:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - asked a hundred times a second
            return int(statm.read().split()[1]) * size

    begun = resident()

    def look() -> None:
        while not over.wait(0.01):
            grown.append(resident() - begun)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield grown
    finally:
        over.set()
        looking.join()


@forms
def test_a_million_values_take_no_more_memory_than_a_group(form: Any) -> None:
    written, length = ArrowColumns(form, ("time", "value"), devices=["a"], keys=["n"]), 0
    with most_memory() as grown:
        length += len(written.begin())
        for first in range(0, 1_000_000, written.page_rows):
            # Of 64 bits and all different, so that nothing makes them small.
            page = [(NOW_MS + at, at * 0x9E37_79B9_7F4A_7C15 % 2**63) for at in range(first, first + written.page_rows)]
            length += len(written.rows("a", "n", page))
        length += len(written.end())
    assert length > 8_000_000
    assert max(grown) < 60_000_000
