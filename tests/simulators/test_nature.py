from random import Random
from statistics import fmean, pstdev

from simulators.nature import DAY_S, Room, Wander, bump, hour_of_day, outdoor_celsius

MIDNIGHT = 20_000 * DAY_S


def test_the_afternoon_is_warmer_than_the_night() -> None:
    assert outdoor_celsius(MIDNIGHT + 15 * 3600) > outdoor_celsius(MIDNIGHT + 3 * 3600) + 5


def test_a_bump_spans_midnight() -> None:
    assert bump(23.5, 0.5, 2) == bump(1.5, 0.5, 2)
    assert bump(12, 0.5, 2) < 1e-6


def test_hours_are_of_utc() -> None:
    assert hour_of_day(MIDNIGHT + 90 * 60) == 1.5


def test_wandering_noise_has_its_spread_and_remembers() -> None:
    wander = Wander(Random(4), spread=2, memory_s=100)
    near = [wander.step(MIDNIGHT + i) for i in range(2)]
    assert abs(near[1] - near[0]) < 1
    far = [wander.step(MIDNIGHT + 1000 * i) for i in range(1, 2000)]
    assert abs(fmean(far)) < 0.3
    assert 1.7 < pstdev(far) < 2.3


def test_wandering_noise_stands_still_when_time_does_not_go_on() -> None:
    wander = Wander(Random(4), spread=2, memory_s=100)
    value = wander.step(MIDNIGHT)
    assert wander.step(MIDNIGHT) == value
    assert wander.step(MIDNIGHT - 50) == value


def test_a_room_warms_with_an_open_valve_and_cools_with_a_shut_one() -> None:
    warm, cold = (Room(Random(1), temperature=19) for _ in range(2))
    for hour in range(10):
        warm_celsius = warm.step(MIDNIGHT + hour * 3600, valve=1)
        cold_celsius = cold.step(MIDNIGHT + hour * 3600, valve=0)
    assert 20 < warm_celsius < 35
    assert 8 < cold_celsius < 18


def test_a_room_left_alone_for_weeks_does_not_run_away() -> None:
    room = Room(Random(1), temperature=20)
    room.step(MIDNIGHT, valve=0)
    assert -10 < room.step(MIDNIGHT + 30 * DAY_S, valve=0) < 25
