"""What batches say of devices whose history is to go."""

from hub.latest import OF_DEVICES
from hub.registry import Record
from hub.store.erasure import erasures
from tests.store.batches import batch, event

GONE = Record(1, forgotten=9, erased=True).shown()
KEPT = Record(1, forgotten=9).shown()


def test_places_and_topics_of_devices_that_are_forgotten_with_their_history() -> None:
    batches = [
        batch(1, event("telemetry/a", n=1), event("telemetry/b", n=1)),
        batch(2, event("registry/a", 9, **KEPT), event("registry/b", 9, **GONE), event("telemetry/b", n=2)),
        batch(3, event("chat/ops", 9, text='{"topic":"registry/c"}')),
        batch(4, event("registry/a", 9, **GONE)),
    ]
    assert [*erasures(batches, 100)] == [
        (103, [f"{root}/b" for root in OF_DEVICES]),
        (106, [f"{root}/a" for root in OF_DEVICES]),
    ]


def test_an_event_that_only_names_a_record_erases_nothing() -> None:
    assert [*erasures([batch(1, event("registry/a", 9, **GONE))], 0)] != []
    assert [*erasures([batch(1, event("chat/ops", 9, text="x")), batch(2)], 0)] == []
