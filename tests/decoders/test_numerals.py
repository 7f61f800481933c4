import pytest

from hub.decoders.base import Malformed
from hub.decoders.numerals import is_no_number, numeral, quantity
from hub.events import Scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("42", 42),
        ("+42", 42),
        ("21.5", 21.5),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("9007199254740993", 2**53 + 1),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert numeral(text) == value
    assert type(numeral(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    ["", "007", "21,5", "1,234.5", "0x1F", "21.", "1.2.3", "192.168.0.1", "18446744073709551616", "1" * 5000, "٣"],
)
def test_what_may_mean_something_else_stays_text(text: str) -> None:
    assert numeral(text) is None
    assert quantity(text) == (text, None)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "nan", "NaN", "-inf", "Infinity"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        quantity(text)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("true", True, None),
        ("False", False, None),
        ("ON", "ON", None),
        ("21.5 °C", 21.5, "°C"),
        ("48%", 48, "%"),
        ("5 mW", 5, "mW"),
        ("5 MW", 5, "MW"),
        ("12 µg/m³", 12, "µg/m³"),
        ("12 \u03bcs", 12, "µs"),
        ("640136 seconds", 640136, "s"),
        ("1 day", 1, "d"),
        ("300 lux", 300, "lx"),
        ("5 eggs", "5 eggs", None),
        ("007 V", "007 V", None),
        ("3 h 10 min", "3 h 10 min", None),
    ],
)
def test_a_unit_is_taken_where_it_is_written(text: str, value: Scalar, unit: str | None) -> None:
    assert quantity(text) == (value, unit)


def test_words_for_no_number() -> None:
    assert is_no_number("NaN")
    assert not is_no_number("nano")
