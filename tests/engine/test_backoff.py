from hub.engine.backoff import FIRST_WAIT_S, LONGEST_WAIT_S, full_jitter_s


def test_waits_are_anything_up_to_a_bound_that_doubles() -> None:
    for failures in range(100):
        bound_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**failures)
        assert all(0 <= full_jitter_s(failures) <= bound_s for _ in range(10))
    assert len({full_jitter_s(5) for _ in range(20)}) > 1
