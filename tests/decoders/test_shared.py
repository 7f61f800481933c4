from hub.decoders.base import NO_UNITS
from hub.decoders.shared import MAX_MAPPINGS, SharedUnits


def test_equal_mappings_are_one_object() -> None:
    shared = SharedUnits()
    first = shared.of({"temperature": "°C"})
    assert shared.of({"temperature": "°C"}) is first
    assert shared.of({"temperature": "°F"}) is not first
    assert shared.of({}) is NO_UNITS


def test_what_is_remembered_is_bounded() -> None:
    shared = SharedUnits()
    first = shared.of({"key": "0"})
    for i in range(MAX_MAPPINGS):
        shared.of({"key": str(i)})
    assert shared.of({"key": "0"}) is first
    shared.of({"key": "one more"})
    assert shared.of({"key": "0"}) is not first
