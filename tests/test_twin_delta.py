import pytest

from hub.events import Scalar
from hub.twin_delta import alike, delta, in_form_of, truth_of


@pytest.mark.parametrize(
    ("wanted", "reported", "same"),
    [
        (21, 21.0, True),
        (21.3, 21.299999237060547, True),
        (21.3, 21.3001, False),
        (21.5, "21.50", True),
        ("21.5", 21.5, True),
        (0, 1e-12, True),
        (0, 1e-3, False),
        (21, 21.4, False),
        (True, "ON", True),
        (True, "off", False),
        (False, "False", True),
        ("on", "ON", True),
        ("ON", True, True),
        (True, 1, True),
        (1, True, True),
        (True, 2, False),
        (True, 1.0, True),
        ("heat", "heat", True),
        ("heat", "Heat", False),
        ("1_0", 10, False),
        ("nan", "nan", True),
        ("heat", True, False),
    ],
)
def test_values_are_alike_in_whatever_form_a_family_says_them(wanted: Scalar, reported: Scalar, *, same: bool) -> None:
    assert alike(wanted, reported) is same


def test_the_delta_is_what_is_not_reported() -> None:
    desired: dict[str, Scalar] = {"setpoint": 21, "mode": "heat", "on": True, "new": 1}
    assert delta(desired, {"setpoint": 21.0, "mode": "off", "on": "ON", "other": 4}) == {"mode": "heat", "new": 1}


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), ("oN", True), ("false", False), (0, False), (1.0, True), (2, None), ("yes", None)],
)
def test_what_says_yes_or_no(value: Scalar, *, truth: bool | None) -> None:
    assert truth_of(value) is truth


@pytest.mark.parametrize(
    ("wanted", "reported", "form"),
    [
        (True, "OFF", "ON"),
        (False, "On", "Off"),
        ("on", "false", "true"),
        ("ON", False, True),
        (1, True, True),
        (True, "open", True),
        ("21.5", 20, 21.5),
        ("21.5", True, "21.5"),
        ("heat", 20, "heat"),
        (21, "20", 21),
        (True, None, True),
        ("heat", "off", "heat"),
    ],
)
def test_what_is_wanted_in_the_form_in_which_it_will_be_reported(
    wanted: Scalar, reported: Scalar | None, form: Scalar
) -> None:
    found = in_form_of(wanted, reported)
    assert (found, type(found)) == (form, type(form))
