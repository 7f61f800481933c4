"""Freezers behind a gateway that speaks as ThingsBoard wants it.

Layout: `v1/gateway/connect` and `…/disconnect` `{"device"}`; `…/telemetry` `{name: [{"ts", "values"}]}`; `…/attributes`
is `{name: {…}}` from the gateway and `{"device", "data"}` from the server, which pushes shared attributes: `target`.
They are asked for at each connect (`…/attributes/request`, answered on `…/response`). `…/rpc` has the calls,
`setTarget`, and their answers.
"""

from random import Random

from simulators.base import NO_WILL, Message, encode, load
from simulators.nature import Wander

API = "v1/gateway"
COLDEST, WARMEST = -30.0, -5.0
FIRMWARE = "1.4.2"
LEAK_S = 600.0
"""How slowly a freezer comes to another temperature."""


class _Freezer:
    def __init__(self, name: str, random: Random) -> None:
        self.name = name
        self.target = -18.0
        self.away_until: float | None = None
        self.noise = Wander(random, spread=0.4, memory_s=120)
        self.celsius = self.target + random.uniform(0, 3)
        self.at: float | None = None

    def step(self, now: float) -> float:
        share = 0.0 if self.at is None else min(1.0, max(0.0, now - self.at) / LEAK_S)
        self.celsius += (self.target - self.celsius) * share
        self.at = now
        return self.celsius + self.noise.step(now)

    def set(self, target: object) -> bool:
        if isinstance(target, bool) or not isinstance(target, int | float) or not COLDEST <= target <= WARMEST:
            return False
        self.target = float(target)
        return True


class ThingsBoardGateway:
    """One gateway; each freezer is a member."""

    def __init__(self, freezers: int, *, seed: int) -> None:
        random = Random(f"{seed}/thingsboard")
        self.client_id = f"gateway-{random.getrandbits(32):08x}"
        self.filters = (f"{API}/attributes", f"{API}/attributes/response", f"{API}/rpc")
        self.will = NO_WILL
        self._freezers = [
            _Freezer(f"Freezer {number + 1}", Random(f"{seed}/freezer/{number}")) for number in range(freezers)
        ]
        self._by_name = {freezer.name: freezer for freezer in self._freezers}

    @property
    def members(self) -> int:
        """How many freezers it has."""
        return len(self._freezers)

    def birth(self, now: float) -> list[Message]:
        """Each freezer is connected, says what it is and how it is, and asks what is wanted of it."""
        said = []
        for number, freezer in enumerate(self._freezers, 1):
            question = {"id": number, "device": freezer.name, "client": False, "keys": ["target"]}
            said += [
                Message(f"{API}/connect", encode({"device": freezer.name, "type": "freezer"}), qos=1),
                self._about(freezer),
                self._telemetry(freezer, now),
                Message(f"{API}/attributes/request", encode(question), qos=1),
            ]
        return said

    def report(self, member: int, now: float) -> list[Message]:
        """A freezer's temperature; nothing while it is out of reach."""
        freezer = self._freezers[member]
        if freezer.away_until is None:
            return [self._telemetry(freezer, now)]
        if now < freezer.away_until:
            return []
        freezer.away_until = None
        return [Message(f"{API}/connect", encode({"device": freezer.name}), qos=1), self._telemetry(freezer, now)]

    def command(self, topic: str, payload: bytes, now: float) -> list[Message]:
        """Shared attributes, pushed or asked for, and calls; what the gateway itself has said comes back, too."""
        del now
        said = load(payload)
        freezer = self._by_name.get(str(said.get("device")))
        if freezer is None or freezer.away_until is not None:
            return []
        if topic.endswith("/rpc"):
            return self._call(freezer, said.get("data"))
        wanted = said.get("values" if topic.endswith("/response") else "data")
        if not isinstance(wanted, dict) or wanted.get("target") == freezer.target:
            return []
        return [self._about(freezer)] if freezer.set(wanted.get("target")) else []

    def reboot(self, now: float) -> None:
        """Each begins with what it was made for, until it is told otherwise."""
        del now
        for freezer in self._freezers:
            freezer.target = -18.0

    def lose(self, member: int, now: float, away_s: float) -> list[Message]:
        """A freezer's radio path fails for a while."""
        freezer = self._freezers[member]
        freezer.away_until = now + away_s
        return [Message(f"{API}/disconnect", encode({"device": freezer.name}), qos=1)]

    def _call(self, freezer: _Freezer, call: object) -> list[Message]:
        if not isinstance(call, dict) or "method" not in call:
            return []
        params = call.get("params")
        done = call["method"] == "setTarget" and freezer.set(
            params.get("target") if isinstance(params, dict) else params
        )
        answer = {"device": freezer.name, "id": call.get("id"), "data": {"success": done}}
        return [Message(f"{API}/rpc", encode(answer), qos=1), *([self._about(freezer)] if done else [])]

    def _about(self, freezer: _Freezer) -> Message:
        attributes = {freezer.name: {"firmware": FIRMWARE, "target": freezer.target}}
        return Message(f"{API}/attributes", encode(attributes), qos=1)

    def _telemetry(self, freezer: _Freezer, now: float) -> Message:
        values = {"ts": int(now * 1000), "values": {"temperature": round(freezer.step(now), 2)}}
        return Message(f"{API}/telemetry", encode({freezer.name: [values]}), qos=1)
