from hub.replay_clock import ReplayClock


def test_the_past_plays_at_its_speed() -> None:
    clock = ReplayClock(1_000, speed=10, now_s=5)
    assert clock.moment(5) == 1_000
    assert clock.moment(5.5) == 6_000
    assert clock.wait_s(6_000, 5) == 0.5
    assert clock.wait_s(6_000, 5.5) == 0
    assert clock.wait_s(6_000, 9) == 0


def test_while_it_is_paused_nothing_is_due() -> None:
    clock = ReplayClock(1_000, speed=2, now_s=0)
    clock.pause(1)
    assert clock.paused
    assert clock.moment(1) == clock.moment(100) == 3_000
    assert clock.wait_s(1_000, 100) is None
    clock.resume(100)
    assert clock.moment(100) == 3_000
    assert clock.wait_s(5_000, 100) == 1


def test_it_may_begin_paused_and_paused_twice_is_paused() -> None:
    clock = ReplayClock(7, speed=1, now_s=0, paused=True)
    clock.pause(50)
    assert clock.moment(60) == 7
    clock.resume(60)
    clock.resume(61)
    assert clock.moment(62) == 2_007


def test_another_speed_holds_from_now_on() -> None:
    clock = ReplayClock(0, speed=1, now_s=0)
    clock.run_at(100, 1)
    assert clock.moment(1) == 1_000
    assert clock.moment(2) == 101_000
    clock.pause(2)
    clock.run_at(0.5, 3)
    clock.resume(4)
    assert clock.moment(6) == 102_000


def test_it_goes_on_from_another_moment() -> None:
    clock = ReplayClock(1_000, speed=2, now_s=0)
    clock.seek(500, 1)
    assert clock.moment(2) == 2_500
    clock.pause(2)
    clock.seek(9_000, 3)
    assert clock.moment(4) == 9_000
