from hub.decoders.staleness import MAX_LEVELS, MAX_NAMES, Staleness


def test_a_topic_and_all_below_it_are_stale_until_they_are_claimed_anew() -> None:
    staleness = Staleness()
    assert not staleness.concerns("a/b", 0)
    staleness.tell(["a/b", "x"])
    assert [topic for topic in ("a/b", "a/b/c/d", "a", "a/bc", "x", "x/y", "y") if staleness.concerns(topic, 0)] == [
        "a/b", "a/b/c/d", "x", "x/y",
    ]  # fmt: skip
    assert not staleness.concerns("a/b", staleness.age)
    staleness.tell(["a/b"])
    assert staleness.concerns("a/b", staleness.age - 1)
    assert not staleness.concerns("x", staleness.age - 1)


def test_all_topics() -> None:
    staleness = Staleness()
    staleness.tell_all()
    assert staleness.concerns("a", 0)
    assert not staleness.concerns("a", staleness.age)


def test_past_its_bounds_all_are_stale() -> None:
    staleness = Staleness()
    staleness.tell(["a" + "/a" * MAX_LEVELS])
    assert staleness.concerns("b", 0)
    at = staleness.age
    staleness.tell([str(i) for i in range(MAX_NAMES)])
    assert not staleness.concerns("b", at)
    staleness.tell(["c"])
    assert staleness.concerns("b", at)
    assert not staleness.concerns("/" * 65_000, staleness.age)
