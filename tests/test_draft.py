from hub.decoders.base import Decoded
from hub.decoders.registry import Outcome
from hub.descriptions import Descriptions
from hub.draft import Draft
from hub.events import decode_event

NOW_MS = 1_732_412_345_123


def test_what_messages_say_is_one_batch_in_order() -> None:
    draft = Draft(Descriptions(), now_ms=NOW_MS)
    assert len(draft) == 0
    draft.add("raw/x", {"reason": "why"})
    draft.tell(
        Outcome(
            "json", [Decoded("kitchen", "telemetry", {"t": 1}, time=NOW_MS - 5), Decoded(None, "telemetry", {"t": 2})]
        ),
        retained=False,
    )
    draft.tell(Outcome("json", [Decoded("hall", "presence", status="offline")]), retained=True)
    assert draft.readings == 1
    batch = draft.batch(source="hub", packets=[(1, 2)])
    assert len(draft) == len(batch.topics)
    assert (batch.source, batch.packets) == ("hub", [(1, 2)])
    assert batch.topics[:2] == ["raw/x", "telemetry/kitchen"]
    assert {"device/kitchen", "connectivity/kitchen", "device/hall", "connectivity/hall"} <= set(batch.topics)
    first, second = (decode_event(piece) for piece in batch.pieces()[:2])
    assert first == {"topic": "raw/x", "time": NOW_MS, "data": {"reason": "why"}}
    assert second == {"topic": "telemetry/kitchen", "time": NOW_MS - 5, "received": NOW_MS, "data": {"t": 1}}


def test_what_waits_for_approval_is_held_back() -> None:
    draft = Draft(Descriptions(approve=True), now_ms=NOW_MS)
    said = Outcome("json", [Decoded("kitchen", "telemetry", {"t": 1}), Decoded(None, "telemetry", {"t": 2})])
    assert draft.tell(said, retained=False) == 1
    assert draft.readings == 0
    assert [topic.partition("/")[0] for topic in draft.batch(source="", packets=()).topics] == ["$quarantine"]
