import pytest

from hub.decoders.base import NO_UNITS, Malformed, Unsupported
from hub.decoders.leaves import MAX_DEPTH, MAX_KEY, MAX_LEAVES, Path
from hub.decoders.outline import MAX_NODES, MAX_SHAPES, Field, Outline

UNITS = {"t": "°C", "text": "V"}


def rule(path: Path) -> Field | None:
    return None if path[-1] == "id" else Field(".".join(path), UNITS.get(path[-1]), numeric=path[-1] == "text")


def test_members_are_flat_readings_with_units() -> None:
    outline = Outline(rule)
    document = {
        "id": 1,
        "t": 21.5,
        "on": True,
        "word": "x",
        "none": None,
        "in": {"t": 2, "id": {"a": 1}},
        "l": [1, {"t": 3}],
    }
    data = outline.read(document)
    assert data == {"t": 21.5, "on": True, "word": "x", "in.t": 2, "l.0": 1, "l.1.t": 3}
    assert outline.units(data) == {"t": "°C", "in.t": "°C", "l.1.t": "°C"}
    assert outline.units(outline.read(document)) is outline.units(data)
    assert outline.read([1]) == {"0": 1}
    assert outline.units({"word": "x"}) is NO_UNITS


@pytest.mark.parametrize(
    ("text", "value"), [("21.5", 21.5), ("-3", -3), ("007", "007"), ("x", "x"), (True, True), ("1e5", "1e5")]
)
def test_numbers_that_firmware_prints_as_text(text: object, value: object) -> None:
    assert Outline(rule).read({"text": text}) == {"text": value}


def test_under_is_before_each_path() -> None:
    assert Outline(rule, under=("a", "b")).read({"c": 1}) == {"a.b.c": 1}


def test_limits() -> None:
    deep: object = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(Malformed, match="nested"):
        Outline(rule).read({"a": deep})
    with pytest.raises(Unsupported, match="over"):
        Outline(rule).read({str(i): i for i in range(MAX_LEAVES + 1)})
    with pytest.raises(Unsupported, match="a key"):
        Outline(rule).read({"x" * (MAX_KEY + 1): 1})
    with pytest.raises(Unsupported, match="a key"):
        Outline(rule).read({"\x01": 1})


def test_what_is_remembered_is_bounded() -> None:
    outline = Outline(rule)
    for i in range(0, MAX_NODES + 500, 500):
        outline.read({str(i + j): j for j in range(500)})
    assert outline.read({"t": 1}) == {"t": 1}
    first = outline.units({"t": 1})
    for i in range(MAX_SHAPES):
        outline.units({str(i): 1})
    assert outline.units({"t": 1}) == first
    assert outline.units({"t": 1}) is not first
