"""A payload that is one word or number, as conventions with one value per topic send it."""

from hub.decoders.base import Malformed, Status
from hub.decoders.document import read_text
from hub.decoders.leaves import reading
from hub.decoders.numerals import is_no_number, numeral
from hub.events import Scalar

_SHOWN = 40
"""Characters of a word that a refusal repeats."""


def value_of(payload: bytes) -> Scalar | None:
    """The number, boolean or text of a payload; None where it says that there is none (empty, null, nan, a blob).

    Raises Malformed where it is not text or a number past the largest.
    """
    return value_of_text(read_text(payload))


def value_of_text(text: str) -> Scalar | None:
    """As `value_of`, of text without blanks around it."""
    number = numeral(text)
    if number is not None:
        return number
    word = text.lower()
    if word in ("true", "false"):
        return word == "true"
    if word in ("null", "none") or is_no_number(text):
        return None
    return reading(text)


def status_of(payload: bytes, *, online: str = "online", offline: str = "offline") -> Status | None:
    """The presence that the word tells, None where the message is empty; raises Malformed for any other word."""
    text = read_text(payload)
    if not text:
        return None
    if text.lower() == online.lower():
        return "online"
    if text.lower() == offline.lower():
        return "offline"
    raise Malformed(f"presence is {text[:_SHOWN]!r}, neither {online[:_SHOWN]} nor {offline[:_SHOWN]}")
