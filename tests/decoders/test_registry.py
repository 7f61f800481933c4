from collections.abc import Sequence

import pytest

from hub.decoders.base import Decode, Decoded, Knowledge, Malformed, Unsupported
from hub.decoders.registry import Decoders
from tests.decoders.told import NOW


class Words:
    """Takes topics below its name; the payload says what becomes of the message."""

    def __init__(self, family: str, *, takes: bytes = b"") -> None:
        self.family = family
        self.claims = 0
        self._takes = takes

    def claim(self, topic: str, payload: bytes, _knowledge: Knowledge) -> Decode | None:
        self.claims += 1
        mine = topic.startswith(self.family + "/") or (topic.startswith("any/") and payload.startswith(self._takes))
        return self._decode if mine else None

    def _decode(self, payload: bytes, now_ms: int) -> Sequence[Decoded]:
        if payload.startswith(b"unsupported"):
            raise Unsupported("not read")
        if not payload.startswith(self._takes) or payload.endswith(b"broken"):
            raise Malformed(f"not for {self.family}")
        reset = [payload[6:].decode()] if payload.startswith(b"reset ") else ()
        return [Decoded("x", "telemetry", {self.family: now_ms}, reset=reset)]


def test_a_topic_is_claimed_once_by_the_first_that_takes_it() -> None:
    first, second = Words("a"), Words("b")
    decoders = Decoders([first, second], Knowledge())
    assert decoders.family_of("b/x") is None
    for _ in range(3):
        outcome = decoders.decode("b/x", b"1", NOW)
        assert outcome is not None
        assert (outcome.family, outcome.events[0].data) == ("b", {"b": NOW})
    assert (first.claims, second.claims) == (1, 1)
    assert decoders.family_of("b/x") == "b"
    assert (decoders.tallies["b"].decoded, decoders.tallies["a"].decoded) == (3, 0)


def test_an_unclaimed_topic_is_asked_for_again_when_its_payload_begins_otherwise() -> None:
    words = Words("a")
    decoders = Decoders([words], Knowledge())
    assert decoders.decode("b/x", b"1", NOW) is None
    assert decoders.decode("b/x", b"12", NOW) is None
    assert words.claims == 1
    assert decoders.decode("b/x", b"2", NOW) is None
    assert (words.claims, decoders.unclaimed) == (2, 3)
    assert decoders.family_of("b/x") is None


def test_refusals_are_raised_and_counted() -> None:
    decoders = Decoders([Words("a", takes=b"")], Knowledge())
    with pytest.raises(Unsupported, match="not read"):
        decoders.decode("a/x", b"unsupported", NOW)
    with pytest.raises(Malformed, match="not for a"):
        decoders.decode("a/x", b"broken", NOW)
    tally = decoders.tallies["a"]
    assert (tally.decoded, tally.malformed, tally.unsupported) == (0, 1, 1)


def test_what_one_can_not_read_another_may() -> None:
    decoders = Decoders([Words("a", takes=b"{"), Words("b", takes=b"2")], Knowledge())
    for payload, family in ((b"{", "a"), (b"2", "b"), (b"{", "a")):
        outcome = decoders.decode("any/x", payload, NOW)
        assert outcome is not None
        assert outcome.family == family
        assert decoders.family_of("any/x") == family


@pytest.mark.parametrize("payload", [b"3", b"2broken", b"{broken"])
def test_what_nobody_can_read_is_a_failure_of_the_topics_own_decoder(payload: bytes) -> None:
    decoders = Decoders([Words("a", takes=b"{"), Words("b", takes=b"2")], Knowledge())
    decoders.decode("any/x", b"{", NOW)
    with pytest.raises(Malformed, match="not for a"):
        decoders.decode("any/x", payload, NOW)
    assert decoders.family_of("any/x") == "a"
    assert (decoders.tallies["a"].malformed, decoders.tallies["b"].malformed) == (1, 0)


def test_the_oldest_topic_is_forgotten() -> None:
    words = Words("a")
    decoders = Decoders([words], Knowledge(), max_topics=2)
    for topic in ("a/1", "a/2", "a/3", "a/2", "a/1"):
        decoders.decode(topic, b"1", NOW)
    assert (decoders.topics, decoders.evicted, words.claims) == (2, 2, 4)


def test_discovery_makes_the_topics_that_it_tells_of_be_claimed_anew() -> None:
    words = Words("a")
    decoders = Decoders([words], Knowledge())
    for topic in ("a/x/1", "a/y/1", "other"):
        decoders.decode(topic, b"1", NOW)
    decoders.decode("a/config", b"reset a/x", NOW)
    assert words.claims == 4
    for _ in range(2):
        for topic in ("a/x/1", "a/y/1", "other"):
            decoders.decode(topic, b"1", NOW)
    assert words.claims == 5


def test_all_topics_are_claimed_anew_when_that_is_asked_for() -> None:
    words = Words("a")
    decoders = Decoders([words], Knowledge())
    decoders.decode("a/x", b"1", NOW)
    decoders.reset()
    for _ in range(2):
        decoders.decode("a/x", b"1", NOW)
    assert words.claims == 2


def test_thousands_of_retained_configs_among_other_messages_cost_each_topic_one_claim_more() -> None:
    words = Words("a")
    decoders = Decoders([words], Knowledge())
    topics = [f"a/{i}/state" for i in range(1000)]
    for topic in topics:
        decoders.decode(topic, b"1", NOW)
    for i, topic in enumerate(topics):
        decoders.decode(f"a/config/{i}", b"reset " + topic.encode(), NOW)
        for at in range(i, i + 5):
            decoders.decode(topics[at % 1000], b"1", NOW)
    assert words.claims == 3 * len(topics)
