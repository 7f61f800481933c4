"""After RFC 4180, section 2, and spreadsheets of countries that write a decimal comma."""

from contextlib import suppress

import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from hub.decoders.leaves import MAX_LEAVES
from tests.decoders.told import decoders, family, one, told

AT = 1_714_552_800


def test_each_row_is_an_event() -> None:
    table = f"ts;temp (°C);hum\n{AT};21,5;48,2\n{AT + 60};21,6;n/a\n"
    assert told("logger/7/data", table) == [
        Decoded("7", "telemetry", {"temp": 21.5, "hum": 48.2}, {"temp": "°C"}, None, AT * 1000),
        Decoded("7", "telemetry", {"temp": 21.6, "hum": "n/a"}, {"temp": "°C"}, None, (AT + 60) * 1000),
    ]


def test_commas_tabs_and_quotes() -> None:
    assert one("site/a/b", 'id,name,x [foo]\n7,"a, b",nan').data == {"name": "a, b"}
    assert one("site/a/status/x", "t\tu\n1\t2,5").data == {"status.x.t": 1, "status.x.u": 2.5}


@pytest.mark.parametrize(
    "payload",
    ["a,b\n", "one\ntwo", "1,2\n3,4", "a,a\n1,2", "a,b\n1", "a;\n1;2", '"a,b\n1,2', "a,b\n1," + "x" * 140_000],
)
def test_what_is_no_table_is_not_claimed(payload: str) -> None:
    by = decoders()
    with suppress(Malformed, Unsupported):
        by.decode("logger/7", payload.encode(), AT)
    assert by.family_of("logger/7") != "csv"


def test_topics_without_a_device_and_commands_are_not_claimed() -> None:
    assert family("status", b"a,b\n1,2") is None
    assert family("devices/a/set", b"a,b\n1,2") == "plain"


def test_long_tables_are_refused() -> None:
    by = decoders()
    one("logger/7", "a,b\n1,2", by)
    with pytest.raises(Unsupported, match="rows in one message"):
        told("logger/7", "a,b\n" + "1,2\n" * MAX_LEAVES, by)


def test_a_header_that_was_seen_before_reads_the_same() -> None:
    by = decoders()
    header = "ts,temp (°C),hum"
    for values in ("21.5,48", "21.6,49", "21.7,50"):
        (said,) = told("logger/7", f"{header}\n{AT},{values}", by)
        temperature, humidity = map(float, values.split(","))
        assert said == Decoded(
            "7", "telemetry", {"temp": temperature, "hum": humidity}, {"temp": "°C"}, None, AT * 1000
        )
    assert told("logger/7", "hum\tx\n1\t2", by)[0].data == {"hum": 1, "x": 2}


@pytest.mark.parametrize("rows", ["1\n", "1,2,3\n", "1," + "x" * 140_000])
def test_rows_that_do_not_fit_a_known_header_are_no_table(rows: str) -> None:
    by = decoders()
    one("logger/7", "a,b\n1,2", by)
    with suppress(Malformed, Unsupported):
        by.decode("logger/7", f"a,b\n{rows}".encode(), AT)
    assert by.tallies["csv"].decoded == 1


def test_a_quoted_header_is_read_anew_each_time() -> None:
    by = decoders()
    for value in (1, 2):
        (said,) = told("logger/7", f'"a",b\n{value},"x\ny"\n', by)
        assert said.data == {"a": value, "b": "xy"}
