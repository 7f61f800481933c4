"""Subscriptions with options on one connection: what goes on the wire, and who gets what comes."""

from hub.client.changes import Change
from hub.client.conditions import Condition
from hub.client.inbox import Inbox
from hub.client.interest import Interest
from hub.client.narrowing import Narrowing, NarrowingOptions
from tests.client.played_hub import PlayedHub, Reader

HOT: Condition = {"key": "t", "op": "gt", "value": 30}
ON_WIRE = {"where": HOT}


class Narrowed(Reader):
    """A reader with options."""

    def __init__(self, hub: PlayedHub, *filters: str, presence: bool = False, options: NarrowingOptions) -> None:
        self.hub = hub
        self.inbox = Inbox()
        self.interest = Interest(
            filters,
            snapshot=False,
            since=None,
            inbox=self.inbox,
            narrowing=Narrowing(**options),
            presence=presence,
        )
        hub.exchange.subscribe(self.interest, now_s=hub.now_s)


def warm(*values: int) -> list[dict[str, object]]:
    return [{"topic": "telemetry/a", "time": 1, "data": {"t": value}} for value in values]


def readers(hub: PlayedHub) -> tuple[Reader, Reader]:
    hub.open()
    everything, hot = Reader(hub, "telemetry/+"), Narrowed(hub, "telemetry/+", options={"where": HOT})
    assert hub.reply(position="a-1") == {"type": "subscribe", "filters": ["telemetry/+"]}
    assert hub.reply(position="a-1") == {"type": "subscribe", "filters": ["telemetry/+"], **ON_WIRE}
    hub.take_changes()
    return everything, hot


def test_options_hold_though_the_connection_brings_more_for_others() -> None:
    hub = PlayedHub()
    everything, hot = readers(hub)
    hub.events("a-2", *warm(1, 31))
    hub.events("a-3", *warm(2))
    assert everything.take() == ["live a-2: telemetry/a telemetry/a", "live a-3: telemetry/a"]
    assert hot.take() == ["live a-2: telemetry/a"]


def test_what_nobody_wants_leaves_the_wire_and_nothing_else() -> None:
    hub = PlayedHub()
    everything, hot = readers(hub)
    everything.close()
    assert hub.sent() == [{"type": "unsubscribe", "filters": ["telemetry/+"], "where": None}]
    hot.close()
    assert hub.sent() == [{"type": "unsubscribe", "filters": ["telemetry/+"], **ON_WIRE}]


def test_presence_is_asked_for_though_the_filter_is_live() -> None:
    hub = PlayedHub()
    readers(hub)
    Narrowed(hub, "telemetry/+", presence=True, options={})
    assert hub.sent() == [{"type": "subscribe", "filters": ["telemetry/+"], "presence": True}]


def test_each_options_recovers_in_a_frame_and_gets_what_is_its_own() -> None:
    hub = PlayedHub()
    everything, hot = readers(hub)
    hub.reopen()
    assert hub.reply(position="a-3", recovered=True) == {
        "type": "subscribe",
        "filters": ["telemetry/+"],
        "since": "a-1",
    }
    hub.events("a-3", *warm(1, 31))
    hub.events("a-4", *warm(32))
    assert hub.reply(position="a-4", recovered=True)["where"] == HOT
    hub.events("a-4", *warm(31, 32))
    assert everything.take() == ["live a-3: telemetry/a telemetry/a", "live a-4: telemetry/a"]
    assert hot.take() == ["live a-4: telemetry/a telemetry/a"]
    assert hub.take_changes() == [
        Change("connected"),
        Change("recovered", position="a-1"),
        Change("recovered", position="a-1"),
    ]
