import pytest

from hub.decoders.base import Malformed
from hub.decoders.identity import MAX_NAME, device_id, fits


@pytest.mark.parametrize(("name", "level"), [("kitchen", "kitchen"), ("Küche/a+b", "Küche%2Fa%2Bb"), ("50%", "50%25")])
def test_any_name_is_one_level(name: str, level: str) -> None:
    assert fits(name)
    assert device_id(name) == level


@pytest.mark.parametrize("name", ["", "  ", "x" * (MAX_NAME + 1), "a\ufffe"])
def test_some_names_are_none(name: str) -> None:
    assert not fits(name)
    with pytest.raises(Malformed, match="can't be the name of a device"):
        device_id(name)
