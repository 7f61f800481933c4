from random import Random

from hub.mqtt.backoff import Backoff


class Highest(Random):
    """Draws the end of every range."""

    def uniform(self, a: float, b: float) -> float:
        assert a == 0
        return b


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    backoff = Backoff(random=Highest())
    assert [backoff.next_s() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 20, 20]
    backoff.reset()
    assert backoff.next_s() == 0.5


def test_each_wait_is_somewhere_below_its_ceiling() -> None:
    backoff = Backoff(floor_s=1, cap_s=1)
    waits = [backoff.next_s() for _ in range(100)]
    assert all(0 <= wait <= 1 for wait in waits)
    assert len(set(waits)) > 1
