"""A whole hub says to devices what their family expects of a server."""

from pathlib import Path

import pytest

import hub.asking
from hub.asking import Asking
from hub.decoders.base import Knowledge
from hub.errors import Unavailable
from hub.mqtt.base import Response
from hub.mqtt.mqtt5_client import Mqtt5Client
from tests.running import running, settings_for
from tests.servers import mosquitto
from tests.simulators.observer import observer

PORTAL = "c0619ab1cab1"
NOW_MS = 1_732_412_345_123


async def test_a_hub_answers_questions_and_keeps_portals_alive(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker:
        async with (
            running(settings_for(tmp_path, mqtt_url=f"mqtt://127.0.0.1:{broker.port}")) as hub,
            observer(broker.port) as (seen, client),
        ):
            await client.publish(f"N/{PORTAL}/battery/258/Soc", '{"value":81}', 1)
            await client.publish("v1/gateway/telemetry", '{"Device A":[{"limit":5}]}', 1)
            await hub.until(lambda: hub.hub.node.latest.get("telemetry/Device A") is not None)
            await client.publish("v1/gateway/attributes/request", '{"id":1,"device":"Device A","key":"limit"}', 1)
            await seen.until(lambda: bool(seen.payloads("v1/gateway/attributes/response")))
            assert seen.payloads("v1/gateway/attributes/response") == ['{"id":1,"device":"Device A","value":5}']
            assert seen.payloads(f"R/{PORTAL}/keepalive") == [""]
            assert hub.hub.asking is not None
            assert dict(hub.hub.asking.sent) == {"victron": 1, "thingsboard": 1}
            assert 'hub_family_requests_total{family="victron"} 1.0' in hub.hub.metrics.render().decode()


class Away(Mqtt5Client):
    """A client whose broker is away."""

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        timeout_s: float = 5,
        response: Response | None = None,
    ) -> None:
        """Be away."""
        raise Unavailable(f"{topic}: {payload!r}, {qos}, {retain}, {timeout_s}, {response}")


async def test_what_is_not_sent_is_counted_and_due_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.asking, "AT_ONCE", 2)
    knowledge = Knowledge({"victron": {f"{number:012x}": NOW_MS for number in range(3)}})
    client = Away("mqtt://127.0.0.1:1", client_id="hub", filters=["#"])
    asking = Asking(client=client, knowledge=knowledge, latest=lambda _: None, now_ms=lambda: NOW_MS)
    for _ in range(2):
        await asking.look()
    assert list(asking.readings()) == [
        ("hub_family_requests_failed", "refused", 4),
        ("hub_family_requests_failed", "too_many", 2),
    ]
