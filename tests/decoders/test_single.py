import pytest

from hub.decoders.base import Decoded, Kind
from hub.decoders.leaves import Path
from hub.decoders.outline import Field
from hub.decoders.single import Single
from hub.events import Scalar


def rule(path: Path) -> Field | None:
    return None if path[-1] == "id" else Field(".".join(path), "W" if path[-1] == "power" else None)


@pytest.mark.parametrize(
    ("payload", "kind", "data", "units"),
    [
        (b"12", "telemetry", {"power": 12}, {"power": "W"}),
        (b"on", "state", {"power": "on"}, {"power": "W"}),
        (b"null", "telemetry", {}, {}),
        (b'{"power":1,"id":2}', "telemetry", {"power.power": 1}, {"power.power": "W"}),
        (b"[1]", "telemetry", {"power.0": 1}, {}),
        (b"", "removal", {}, {}),
    ],
)
def test_one_value_or_document(payload: bytes, kind: Kind, data: dict[str, Scalar], units: dict[str, str]) -> None:
    assert Single("d", ("power",), rule).decode(payload, 0) == [Decoded("d", kind, data, units)]


def test_what_the_rule_leaves_out_says_nothing() -> None:
    assert Single("d", ("id",), rule).decode(b"7", 0) == [Decoded("d", "meta")]


def test_kind_and_attributes_are_the_callers() -> None:
    read = Single("d", ("x",), rule, kind="event", attributes={"name": "n"})
    assert read.decode(b"7", 0) == [Decoded("d", "event", {"x": 7}, attributes={"name": "n"})]
