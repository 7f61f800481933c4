from hub.client.watchdog import HEARTBEAT_S, SLACK_S, Silence, StallDetector

SILENCE_S = HEARTBEAT_S + SLACK_S


def test_silence_is_judged_by_arrivals() -> None:
    silence = Silence(0)
    assert not silence.judge(1)
    silence.heard(20)
    assert not silence.judge(SILENCE_S)
    assert silence.due_s == 20 + SILENCE_S
    assert silence.judge(20 + SILENCE_S)


def test_a_late_look_waits_for_what_may_stand_in_line() -> None:
    silence = Silence(0)
    late_s = SILENCE_S + SLACK_S
    assert not silence.judge(late_s)
    assert silence.due_s == late_s + SLACK_S
    assert silence.judge(late_s + SLACK_S)


def test_a_position_that_stands_still_while_the_lag_grows_is_a_stall() -> None:
    def stalls(*beats: tuple[str, float]) -> list[bool]:
        detector = StallDetector()
        return [detector.observe(*beat) for beat in beats]

    assert stalls(("a-1", 0), ("a-1", 25_000)) == [False, True]
    assert stalls(("a-1", 0), ("a-1", 999)) == [False, False]
    assert stalls(("a-1", 2000), ("a-1", 2000)) == [False, False]
    assert stalls(("a-1", 0), ("a-2", 25_000)) == [False, False]
