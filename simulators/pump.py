"""Pumps with firmware of someone's own making that speaks MQTT 5: plain JSON, and requests with a response topic.

Layout: `devices/<id>/telemetry` is one flat object, `devices/<id>/status` the will; `devices/<id>/command`
`{"id", "name", "value"}` is answered `{"id", "ok"}` where the request's response topic says, with its correlation data;
without one on the topic of its member `answer`, else on `devices/<id>/command/answer`.
"""

from random import Random

from simulators.base import Message, encode, load
from simulators.nature import Wander

MAX_RPM = 3000


class Pump:
    """One pump."""

    def __init__(self, index: int, *, seed: int) -> None:
        random = Random(f"{seed}/pump/{index}")
        self.device = f"pump-{index + 1:02}"
        self.client_id = f"{self.device}-{random.getrandbits(16):04x}"
        self._base = f"devices/{self.device}"
        self.will = Message(f"{self._base}/status", "offline", qos=1, retain=True)
        self.filters = (f"{self._base}/command",)
        self.members = 1
        self.on = True
        self.rpm = 1450
        self._pressure = Wander(random, spread=0.05, memory_s=20)

    def birth(self, now: float) -> list[Message]:
        """Online, and a first value at once."""
        return [Message(self.will.topic, "online", qos=1, retain=True), *self.report(0, now)]

    def report(self, member: int, now: float) -> list[Message]:  # noqa: ARG002 - a pump is its own only member
        """How it runs."""
        rpm = self.rpm if self.on else 0
        bar = max(0.0, rpm / 1000 + self._pressure.step(now))
        fields = {"time": int(now * 1000), "on": self.on, "rpm": rpm, "pressure": round(bar, 3)}
        return [Message(f"{self._base}/telemetry", encode(fields), qos=1)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """`on` or `rpm`, answered on the topic of the member `answer`."""
        given = load(payload).get("answer")
        return self.respond(payload, now, response_topic=given if isinstance(given, str) else f"{topic}/answer")

    def respond(self, payload: bytes, now: float, *, response_topic: str, correlation: bytes = b"") -> list[Message]:
        """The same, answered where the request says; then how it runs now."""
        wish = load(payload)
        done = self._set(wish.get("name"), wish.get("value"))
        answer: dict[str, object] = {"id": wish.get("id"), "ok": done}
        if not done:
            answer["error"] = "on takes true or false, rpm 0 to 3000"
        said = Message(response_topic, encode(answer), qos=1, correlation=correlation)
        return [said, *self.report(0, now)] if done else [said]

    def reboot(self, now: float) -> None:
        """It stands still after a loss of power."""
        del now
        self.on = False

    def _set(self, name: object, value: object) -> bool:
        if name == "on" and isinstance(value, bool):
            self.on = value
        elif name == "rpm" and isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_RPM:
            self.rpm = value
        else:
            return False
        return True
