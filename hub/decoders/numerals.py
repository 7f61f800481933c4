"""Numbers and units that are written as text."""

import math
import re
from typing import NamedTuple

from hub.decoders.base import Malformed
from hub.decoders.document import MAX_WHOLE, MIN_WHOLE
from hub.events import Scalar

_MAX_WHOLE_DIGITS = 21
# No leading zeros: "007" is a code. No comma: "1,234" is 1234 in one country and 1.234 in another.
_NUMERAL = re.compile(r"([+-]?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?|[+-]?\.[0-9]+")
_WITH_UNIT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?) ?([^0-9\s.,+-]\S*)")
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)
_BEGINS_NO_NUMBER = frozenset("nNiI+-")

UNITS = frozenset((
    "°C", "°F", "°", "%", "‰", "V", "mV", "kV", "A", "mA", "W", "mW", "kW", "MW", "Wh", "kWh", "MWh", "VA", "kVA",
    "var", "kvar", "Hz", "kHz", "MHz", "Ω", "kΩ", "ohm", "lx", "lux", "lm", "ppm", "ppb", "dB", "dBm", "Pa", "hPa",
    "kPa", "mbar", "bar", "psi", "inHg", "mmHg", "s", "ms", "µs", "min", "h", "m", "km", "cm", "mm", "m²", "m³",
    "m³/h", "m/s", "km/h", "mph", "kn", "L", "l", "ml", "mL", "l/min", "L/min", "l/h", "g", "kg", "mg", "lb",
    "µg/m³", "ug/m3", "mg/m³", "mm/h", "W/m²", "µS/cm", "mS/cm", "rpm", "lqi", "bit/s", "kbit/s", "Mbit/s", "kB",
    "KB", "MB", "GB", "kJ", "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days",
))  # fmt: skip
"""Units as people write them behind a number; what is not here leaves the text as it is. Case matters: mW, MW."""

_SPELLINGS = {"second": "s", "seconds": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "day": "d",
              "days": "d", "lux": "lx", "ohm": "Ω"}  # fmt: skip


class Quantity(NamedTuple):
    """A value and the unit that was written behind it."""

    value: Scalar
    unit: str | None = None


def is_no_number(text: str) -> bool:
    """Whether the text is how programs print that they have no number: nan, inf."""
    return text[:1] in _BEGINS_NO_NUMBER and _NO_NUMBER.fullmatch(text) is not None


def numeral(text: str) -> int | float | None:
    """The number that the whole text is, or None; exact for whole numbers of 64 bits, None beyond (they stay text).

    Raises Malformed for a number past the largest double.
    """
    found = _NUMERAL.fullmatch(text)
    if found is None:
        return None
    whole, fraction, exponent = found.groups()
    if whole is None or fraction is not None or exponent is not None:
        value = float(text)
        if math.isinf(value):
            raise Malformed(f"{text[:40]} is past the largest number")
        return value
    if len(whole) > _MAX_WHOLE_DIGITS:
        return None
    number = int(whole)
    return number if MIN_WHOLE <= number <= MAX_WHOLE else None


def quantity(text: str) -> Quantity:
    """What a word says: a number, a number with its unit, true or false, else the text itself; raises Malformed."""
    number = numeral(text)
    if number is not None:
        return Quantity(number)
    word = text.lower()
    if word in ("true", "false"):
        return Quantity(word == "true")
    if is_no_number(text):
        raise Malformed(f"{text} is not a number")
    found = _WITH_UNIT.fullmatch(text)
    if found is None:
        return Quantity(text)
    # Two characters look like mu, and both are typed.
    unit = found[2].replace("\u03bc", "\u00b5")
    number = numeral(found[1]) if unit in UNITS else None
    return Quantity(text) if number is None else Quantity(number, _SPELLINGS.get(unit, unit))
