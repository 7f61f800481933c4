from datetime import UTC, datetime

import pytest

from hub.zones import zone_of


def test_a_zone_by_its_name() -> None:
    zone = zone_of("Europe/Berlin")
    assert zone is not None
    assert datetime(2025, 7, 1, 12, tzinfo=UTC).astimezone(zone).hour == 14
    assert zone_of("Europe/Berlin") is zone


@pytest.mark.parametrize("name", ["", "Europe", "Europe/Atlantis", "../../../etc/passwd", "/etc/passwd"])
def test_what_is_no_zone(name: str) -> None:
    assert zone_of(name) is None
