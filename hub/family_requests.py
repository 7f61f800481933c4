"""What families of devices expect of a server beside commands: who is due what, as decoders have learnt; pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import orjson

from hub.commands.desired import nested, shadow_document, shadow_topic
from hub.decoders.aws_iot import AwsIot, ShadowGet, shadow_of, take_gets
from hub.decoders.base import Knowledge
from hub.decoders.identity import device_id, fits
from hub.decoders.sparkplug import Sparkplug, take_rebirths
from hub.decoders.thingsboard import ThingsBoard, take_questions
from hub.decoders.victron import Victron, portals_seen
from hub.events import Scalar
from hub.twin import Twin

REBIRTH_EVERY_MS = 30_000
"""A node that can't be born (its command topic is not allowed to it) is not asked with each of its messages."""
KEEPALIVE_EVERY_MS = 55_000
"""A GX falls silent 60 s after the last (the notes of dbus-mqtt)."""
SEEN_WITHIN_MS = 180_000
QUIET_KEEPALIVE = b'{"keepalive-options":["suppress-republish"]}'
"""Without it each keep-alive has all values sent anew."""

ValuesOf = Callable[[str], Mapping[str, Scalar]]
"""The latest values of a device by key."""
TwinOf = Callable[[str], Twin]
"""The twin of a device, with what it reports."""


class FamilyRequest(NamedTuple):
    """A message to a device; at most once in `every_ms`, after the first time with the payload `again`."""

    family: str
    topic: str
    payload: bytes
    every_ms: int = 0
    again: bytes | None = None


def take_due(knowledge: Knowledge, now_ms: int, values_of: ValuesOf, twin_of: TwinOf) -> list[FamilyRequest]:
    """All that may be due now; each question is taken once, what is repeated is given each time."""
    rebirths = [
        FamilyRequest(Sparkplug.family, topic, payload, REBIRTH_EVERY_MS)
        for topic, payload in take_rebirths(knowledge, now_ms)
    ]
    keepalives = [
        FamilyRequest(Victron.family, f"R/{portal}/keepalive", b"", KEEPALIVE_EVERY_MS, QUIET_KEEPALIVE)
        for portal in portals_seen(knowledge, since_ms=now_ms - SEEN_WITHIN_MS)
    ]
    answers = [_answer(topic, question, values_of, twin_of) for topic, question in take_questions(knowledge)]
    shadows = [_shadow(get, twin_of(get.device), knowledge, now_ms) for get in take_gets(knowledge)]
    return [*rebirths, *keepalives, *(answer for answer in (*answers, *shadows) if answer is not None)]


def _shadow(get: ShadowGet, twin: Twin, knowledge: Knowledge, now_ms: int) -> FamilyRequest | None:
    """The shadow that a thing has asked for; None where nothing is desired: it may be another service's to answer."""
    desired: dict[str, object] = {}
    delta: dict[str, object] = {}
    for key, value in twin.desired.items():
        shadow, name = shadow_of(get.device, key, knowledge)
        if shadow == get.shadow:
            _merge(desired, nested(name, value))
            if key in twin.apart:
                _merge(delta, nested(name, value))
    if not desired:
        return None
    state = {"desired": desired, "delta": delta} if delta else {"desired": desired}
    token = {"clientToken": get.token} if get.token else {}
    topic = f"{shadow_topic(get.device, get.shadow)}/get/accepted"
    return FamilyRequest(AwsIot.family, topic, orjson.dumps(shadow_document(state, now_ms=now_ms) | token))


def _merge(into: dict[str, object], document: Mapping[str, object]) -> None:
    for name, value in document.items():
        known = into.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        else:
            into[name] = value


def _answer(topic: str, question: Mapping[str, object], values_of: ValuesOf, twin_of: TwinOf) -> FamilyRequest | None:
    """The answer to a question for attributes; None where it does not say of whom, in a form that is known.

    Shared attributes, which are the server's, are what is desired of the device; where nothing is, what it said itself.
    """
    if not topic.startswith("v1/gateway/"):
        # The device API names no device, so nothing is known of it: the answer that ends the device's wait.
        answer = topic.replace("attributes/request/", "attributes/response/").replace("/a/req/", "/a/res/")
        return FamilyRequest(ThingsBoard.family, answer, b"{}")
    name, key, keys = question.get("device"), question.get("key"), question.get("keys")
    if not isinstance(name, str) or not fits(name):
        return None
    device = device_id(name)
    values = values_of(device) if question.get("client") is True else {**values_of(device), **twin_of(device).desired}
    said: dict[str, object] = {"id": question.get("id"), "device": name}
    if isinstance(key, str):
        if key in values:
            said["value"] = values[key]
    elif isinstance(keys, Sequence) and not isinstance(keys, str):
        said["values"] = {one: values[one] for one in keys if isinstance(one, str) and one in values}
    else:
        return None
    return FamilyRequest(ThingsBoard.family, "v1/gateway/attributes/response", orjson.dumps(said))


class Intervals:
    """Which repeated requests were made when. Past `max_known` the one that was made longest ago is forgotten."""

    def __init__(self, *, max_known: int = 10_000) -> None:
        self._max_known = max_known
        self._at_ms: dict[str, int] = {}

    def payload_of(self, request: FamilyRequest, now_ms: int) -> bytes | None:
        """What to send now, counted as sent; None where it was sent too short a time ago."""
        if not request.every_ms:
            return request.payload
        before_ms = self._at_ms.get(request.topic)
        if before_ms is not None and now_ms - before_ms < request.every_ms:
            return None
        self._at_ms.pop(request.topic, None)
        if len(self._at_ms) >= self._max_known:
            del self._at_ms[next(iter(self._at_ms))]
        self._at_ms[request.topic] = now_ms
        return request.payload if before_ms is None or request.again is None else request.again

    def forget(self, request: FamilyRequest) -> None:
        """It did not reach the broker: it is due at once."""
        self._at_ms.pop(request.topic, None)
