"""Messages after Victron's "dbus-flashmq", sections "Notifications", "Write requests" and "Keep-alive"."""

import pytest

from hub.decoders.base import Decoded, Kind, Malformed
from hub.events import Scalar
from tests.decoders.told import family, one, told

GX = "c0619ab2aaaa"


@pytest.mark.parametrize(
    ("path", "value", "unit"),
    [
        ("pvinverter/20/Ac/L1/Power", 936, "W"),
        ("battery/512/Dc/0/Voltage", 49.8, "V"),
        ("battery/512/Dc/0/Temperature", 12.5, "°C"),
        ("battery/512/Soc", 74, "%"),
        ("battery/512/Capacity", 200, "Ah"),
        ("tank/3/Capacity", 0.2, "m³"),
        ("tank/3/Level", 45, "%"),
        ("vebus/257/Level", 1, None),
        ("vebus/257/Ac/Out/L1/P", 300, "W"),
        ("vebus/257/Ac/ActiveIn/L1/F", 50, "Hz"),
        ("vebus/257/State", 3, None),
        ("battery/512/Alarms/LowVoltage", 0, None),
        ("grid/30/Ac/Energy/Forward", 12.5, "kWh"),
        ("grid/30/Ac/PowerFactor", 0.9, None),
        ("system/0/0", 5, None),
    ],
)
def test_values(path: str, value: Scalar, unit: str | None) -> None:
    key = path.replace("/", ".")
    units = {} if unit is None else {key: unit}
    assert one(f"N/{GX}/{path}", {"value": value, "min": 0, "max": 9}) == Decoded(GX, "telemetry", {key: value}, units)


def test_words_lists_and_nothing() -> None:
    cell = Decoded(GX, "state", {"battery.512.System.MinVoltageCellId": "C3"})
    assert one(f"N/{GX}/battery/512/System/MinVoltageCellId", {"value": "C3"}) == cell
    batteries = {"value": [{"id": "com.victronenergy.battery", "instance": 512, "soc": 74, "current": -2.5}]}
    assert one(f"N/{GX}/system/0/Batteries", batteries) == Decoded(
        GX, "telemetry", {"system.0.Batteries.0.soc": 74, "system.0.Batteries.0.current": -2.5},
        {"system.0.Batteries.0.soc": "%", "system.0.Batteries.0.current": "A"},
    )  # fmt: skip
    assert one(f"N/{GX}/vebus/257/Ac/L2/Power", {"value": None}) == Decoded(GX, "telemetry")
    assert one(f"N/{GX}/vebus/257/Ac/L2/Power", "") == Decoded(GX, "removal")
    with pytest.raises(Malformed):
        told(f"N/{GX}/vebus/257/Ac/L2/Power", {"max": 1})


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        (f"N/{GX}/heartbeat", "meta"), (f"N/{GX}/full_publish_completed", "meta"), (f"N/{GX}/settings/0/A/B", "config"),
        (f"N/{GX}/vebus/257/Mgmt/Connection", "info"), (f"N/{GX}/vebus/257/ProductId", "info"),
        (f"R/{GX}/keepalive", "request"), (f"W/{GX}/vebus/257/Mode", "command"),
    ],
)  # fmt: skip
def test_what_is_no_reading(topic: str, kind: Kind) -> None:
    assert told(topic, {"value": 1702459522}) == [Decoded(GX, kind)]


@pytest.mark.parametrize("topic", ["N/kitchen/temperature", f"X/{GX}/a/b", f"N/{GX}"])
def test_other_topics(topic: str) -> None:
    assert family(topic, b"1") != "victron"
