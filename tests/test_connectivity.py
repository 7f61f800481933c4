"""Whether devices are reachable: wills and statuses, live values, and silence."""

from typing import Any

import pytest

from hub import connectivity as connectivity_module
from hub.connectivity import Connectivity, Told

S = 1_000


def data(told: Told | None) -> dict[str, object]:
    assert told is not None
    return told.data


def speak(connectivity: Connectivity, *seconds: int, **values: Any) -> list[Told]:
    """The device says its values at these times; what was told, also by the clock until then."""
    told = []
    for second in seconds:
        told += connectivity.take_due(second * S)
        told += [each for each in (connectivity.hear("d", values or {"t": 1}, second * S)[0],) if each]
    return told


def states(told: list[Told]) -> list[object]:
    return [each.data["state"] for each in told]


def test_a_live_value_proves_a_device_online() -> None:
    connectivity = Connectivity()
    (told,) = speak(connectivity, 1, 2, 3, 3)
    assert told == ("connectivity/d", {"state": "online", "since": S, "by": "values"})


def test_a_status_says_it_both_ways() -> None:
    connectivity = Connectivity()
    assert data(connectivity.status("d", "online", S)) == {"state": "online", "since": S, "by": "status"}
    assert connectivity.status("d", "online", 2 * S) is None
    assert data(connectivity.status("d", "offline", 3 * S)) == {"state": "offline", "since": 3 * S, "by": "status"}
    (told,) = speak(connectivity, 4)
    assert told.data == {"state": "online", "since": 4 * S, "by": "values"}


def test_a_device_that_is_silent_for_three_intervals_is_stale_until_it_speaks() -> None:
    connectivity = Connectivity()
    told = speak(connectivity, *range(0, 200, 20))
    assert told[-1].data == {"state": "online", "since": 0, "by": "values", "interval_ms": 20 * S}
    assert connectivity.take_due(239 * S) == []
    (stale,) = connectivity.take_due(240 * S)
    assert stale.data == {"state": "stale", "since": 240 * S, "by": "silence", "interval_ms": 20 * S}
    assert connectivity.take_due(10_000 * S) == []
    (again,) = speak(connectivity, 10_001)
    assert (again.data["state"], again.data["since"]) == ("online", 10_001 * S)


def test_half_a_minute_of_silence_is_nothing() -> None:
    connectivity = Connectivity()
    speak(connectivity, *range(20))
    assert "stale" not in states(connectivity.take_due(48 * S))
    assert states(connectivity.take_due(49 * S)) == ["stale"]


def test_a_device_whose_interval_is_not_known_is_never_stale() -> None:
    connectivity = Connectivity()
    assert states(speak(connectivity, 0, 10)) == ["online"]
    assert connectivity.take_due(10**9) == []


def test_a_device_that_tells_its_status_is_not_stale_but_its_keys_are() -> None:
    connectivity = Connectivity()
    connectivity.status("d", "online", 0)
    speak(connectivity, *range(0, 200, 20))
    (told,) = connectivity.take_due(300 * S)
    assert (told.data["state"], told.data["keys"]) == ("online", ["t"])


def test_a_key_is_stale_while_others_speak() -> None:
    connectivity = Connectivity()
    speak(connectivity, *range(0, 100, 10), t=1, h=2)
    told = speak(connectivity, *range(100, 200, 10), t=1)
    assert [(each.data.get("keys"), each.data.get("key_intervals")) for each in told] == [(["h"], {"h": 10 * S})]
    (back,) = speak(connectivity, 200, t=1, h=2)
    assert back.data == {"state": "online", "since": 0, "by": "values", "interval_ms": 10 * S}


def test_what_people_expect_goes_before_what_was_learned() -> None:
    expected: dict[str, float] = {}
    connectivity = Connectivity(expected_ms=expected.get)
    connectivity.status("d", "online", 0)
    speak(connectivity, *range(0, 100, 10))
    expected["d"] = 100 * S
    connectivity.expect("d", 100 * S)
    connectivity.expect("unknown", 100 * S)
    assert states(connectivity.take_due(389 * S)) == ["online"]
    assert states(connectivity.take_due(390 * S)) == ["stale"]
    del expected["d"]
    connectivity.expect("d", 400 * S)
    assert connectivity.take_due(10**9) == []


def test_an_interval_is_told_again_when_it_is_another() -> None:
    connectivity = Connectivity()
    speak(connectivity, *range(0, 200, 10))
    told = speak(connectivity, *range(200, 600, 15))
    assert told == []
    told = speak(connectivity, *range(600, 1_200, 40))
    assert [each.data["interval_ms"] for each in told] == [40 * S]


def test_a_restart_goes_on_from_what_was_told() -> None:
    connectivity = Connectivity()
    told = {"state": "online", "since": 5, "by": "values", "interval_ms": 20 * S, "keys": ["h"]}
    connectivity.restore("d", told, 1_000 * S)
    assert data(connectivity.now("d")) == told
    assert connectivity.take_due(1_059 * S) == []
    (stale,) = connectivity.take_due(1_060 * S)
    assert stale.data["state"] == "stale"


def test_a_restart_keeps_how_often_a_stale_key_usually_comes() -> None:
    connectivity = Connectivity()
    told = {"state": "online", "since": 5, "by": "values", "keys": ["g", "h"], "key_intervals": {"h": 10 * S}}
    connectivity.restore("d", told, 1_000 * S)
    assert data(connectivity.now("d")) == told
    (back,) = speak(connectivity, 1_001, h=2)
    assert back.data == {"state": "online", "since": 5, "by": "values", "keys": ["g"]}


def test_a_restart_keeps_who_is_offline_and_who_tells_a_status() -> None:
    connectivity = Connectivity()
    connectivity.restore("d", {"state": "offline", "since": 5, "by": "status"}, 0)
    assert connectivity.take_due(10**9) == []
    connectivity.restore("e", {"state": "online", "by": "status", "interval_ms": 20 * S}, 0)
    assert connectivity.take_due(10**9) == []


def test_what_may_not_have_been_told_is_told_again() -> None:
    connectivity = Connectivity()
    speak(connectivity, 1)
    connectivity.restore("d", {}, 2 * S)
    assert connectivity.now("d") is None
    assert states(speak(connectivity, 3)) == ["online"]
    assert connectivity.now("unknown") is None


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([1, 2.5], "number"),
        ([True, False], "boolean"),
        (["a", "b"], "string"),
        ([1, "unknown", 2], "string"),
        ([1, True], "string"),
    ],
)
def test_kinds_of_keys(values: list[Any], kinds: str) -> None:
    connectivity = Connectivity()
    news = [connectivity.hear("d", {"k": value}, second * S)[1] for second, value in enumerate(values)]
    assert news[0]
    assert sum(news) <= 2
    assert connectivity.kinds("d") == {"k": kinds}
    assert connectivity.kinds("unknown") == {}


def test_kinds_that_were_told_before_are_not_new() -> None:
    connectivity = Connectivity()
    connectivity.restore_kinds("d", {"k": "num" + "ber", "s": str(b"string", "ascii")}, 0)
    connectivity.restore_kinds("d", {"k": "string"}, 0)
    assert not connectivity.hear("d", {"k": 1, "s": 1}, S)[1]
    assert not connectivity.learn("d", "k", 2, S)
    assert connectivity.learn("d", "new", 2, S)
    assert connectivity.kinds("d") == {"k": "number", "s": "string", "new": "number"}


def test_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectivity_module, "MAX_KEYS", 2)
    connectivity = Connectivity()
    assert connectivity.hear("d", {"a": 1, "b": 1, "c": 1}, 0)[1]
    assert not connectivity.hear("d", {"c": 1}, S)[1]
    connectivity.restore_kinds("d", {"d": "number"}, S)
    assert connectivity.kinds("d") == {"a": "number", "b": "number"}


def test_a_forgotten_device_is_a_new_one() -> None:
    connectivity = Connectivity()
    speak(connectivity, *range(0, 100, 10))
    connectivity.forget("d")
    connectivity.forget("d")
    assert connectivity.take_due(10**9) == []
    assert states(speak(connectivity, 10**6 + 1)) == ["online"]


def test_a_device_that_is_looked_at_while_it_is_offline_stays_so() -> None:
    connectivity = Connectivity()
    speak(connectivity, *range(0, 100, 10))
    connectivity.status("d", "offline", 100 * S)
    assert connectivity.take_due(10**9) == []


def test_of_a_device_that_was_never_heard_nothing_has_begun() -> None:
    assert Connectivity().quiet_until_ms("unknown", ["t"]) == 0
