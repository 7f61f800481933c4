import pytest

from hub.shape_names import from_levels, mapping_name


@pytest.mark.parametrize(
    ("shape", "device", "key"),
    [
        ("a", "{1}", "value"),
        ("a/b", "{1}", "{2}"),
        ("a/+", "{2}", "value"),
        ("a/+/c", "{2}", "{3}"),
        ("+/b/+", "{1}", "{3}"),
        ("+/+/c", "{1}-{2}", "{3}"),
    ],
)
def test_what_varies_names_the_device(shape: str, device: str, key: str) -> None:
    assert from_levels(shape) == (device, key)


@pytest.mark.parametrize(
    ("shape", "name"), [("gh/+/air", "gh-air"), ("a b/#", "a-b"), ("+/+", "mapping"), ("x" * 100, "x" * 64)]
)
def test_a_mapping_is_named_by_what_does_not_vary(shape: str, name: str) -> None:
    assert mapping_name(shape) == name
