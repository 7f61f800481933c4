from hub.backlog import BEHIND_MS, Backlog


def test_it_is_said_when_it_begins_and_when_it_ends() -> None:
    backlog, half = Backlog(), BEHIND_MS // 2
    lags = (0, BEHIND_MS - 1, BEHIND_MS, 2 * BEHIND_MS, half + 1, half, 0, BEHIND_MS - 1, BEHIND_MS + 7)
    assert [said for lag_ms in lags if (said := backlog.look(lag_ms)) is not None] == [
        {"state": "behind", "lag_ms": BEHIND_MS},
        {"state": "caught_up", "lag_ms": half},
        {"state": "behind", "lag_ms": BEHIND_MS + 7},
    ]
