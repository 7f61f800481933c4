import pytest

from hub.bench.cases import CASES, case
from hub.bench.load import Load, SetUp
from hub.errors import HubError


def test_names_are_unique() -> None:
    assert len({one.name for one in CASES}) == len(CASES)
    assert [case(one.name) for one in CASES] == list(CASES)


def test_a_case_that_does_not_exist() -> None:
    with pytest.raises(HubError, match=r"There is no case 'wider'; there are .*wide, "):
        case("wider")


def test_filters() -> None:
    assert Load(10, 100).filters(3, prefix="x-") == ["telemetry/#"]
    own = Load(10, 100, devices=20, own=2)
    assert own.groups == 10
    assert own.filters(3, prefix="x-") == ["telemetry/x-3", "telemetry/x-13"]
    assert own.filters(13, prefix="x-") == own.filters(3, prefix="x-")
    assert own.deliveries_per_s == 100


def test_of_many_deliveries_some_are_verified() -> None:
    assert Load(100, 1_000).verified == 100
    assert Load(500, 20_000).verified == 20
    assert Load(500, 20_000, deflate=True).verified == 4
    assert Load(500, 20_000, devices=10_000, own=8).verified == 500
    assert Load(500, 5_000, stuck=499).verified == 1


def test_titles() -> None:
    assert Load(10_000).title == "10,000 dashboards"
    load = Load(2, 1_500, devices=10_000, own=8, known=True, deflate=True, stuck=1, set_up=SetUp.DEFAULT)
    assert load.title == "2 dashboards × 1,500 messages/s, each 8 of 10,000 devices, known before, compressed, 1 stuck"  # noqa: RUF001 - a multiplication
