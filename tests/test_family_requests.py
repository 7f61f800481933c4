import orjson
import pytest

from hub.decoders import FAMILIES
from hub.decoders.aws_iot import MAX_GETS
from hub.decoders.base import Knowledge, Malformed, Unsupported
from hub.decoders.registry import Decoders
from hub.decoders.thingsboard import MAX_QUESTIONS
from hub.decoders.victron import MAX_PORTALS
from hub.events import Scalar
from hub.family_requests import KEEPALIVE_EVERY_MS, QUIET_KEEPALIVE, FamilyRequest, Intervals, take_due
from hub.twin import NO_TWIN, Twin
from simulators.kinds import make

NOW_MS = 1_732_412_345_123
PORTAL = "c0619ab1cab1"


def heard(*messages: tuple[str, bytes], now_ms: int = NOW_MS, knowledge: Knowledge | None = None) -> Knowledge:
    """What is known after these messages."""
    known = knowledge or Knowledge()
    decoders = Decoders(FAMILIES, known)
    for topic, payload in messages:
        try:
            decoders.decode(topic, payload, now_ms)
        except (Malformed, Unsupported):
            continue
    return known


def values_of(device: str) -> dict[str, Scalar]:
    return {"firmware": "1.2", "limit": 5} if device == "Device A" else {}


TWINS: dict[str, Twin] = {}


def due(knowledge: Knowledge, now_ms: int = NOW_MS) -> list[FamilyRequest]:
    return take_due(knowledge, now_ms, values_of, lambda device: TWINS.get(device, NO_TWIN))


def test_a_node_whose_birth_was_missed_is_asked_for_it() -> None:
    [node] = make("sparkplug", 1, seed=1)
    node.birth(NOW_MS / 1000)
    said = [message for second in range(5) for message in node.report(0, NOW_MS / 1000 + second)]
    knowledge = heard(
        *((message.topic, bytes(message.payload)) for message in said if isinstance(message.payload, bytes))
    )
    [request] = due(knowledge)
    assert (request.family, request.topic) == ("sparkplug_b", "spBv1.0/Plant 1/NCMD/Line 1")
    [born, *_] = node.command(request.topic, request.payload, NOW_MS / 1000)
    assert "/NBIRTH/" in born.topic
    assert due(knowledge) == []


def test_a_portal_is_kept_alive_while_it_speaks() -> None:
    topic = f"N/{PORTAL}/battery/258/Soc"
    knowledge = heard((f"N/{PORTAL}/system/0/Serial", b"{}"), (f"R/{PORTAL}/keepalive", b""))
    [request] = due(knowledge)
    assert (request.topic, request.payload, request.again) == (f"R/{PORTAL}/keepalive", b"", QUIET_KEEPALIVE)
    assert due(knowledge, NOW_MS + 180_000) == [request]
    assert due(knowledge, NOW_MS + 180_001) == []
    heard((topic, b'{"value":81}'), now_ms=NOW_MS + 59_999, knowledge=knowledge)
    assert due(knowledge, NOW_MS + 180_001) == []
    heard((topic, b'{"value":81}'), now_ms=NOW_MS + 60_000, knowledge=knowledge)
    assert due(knowledge, NOW_MS + 180_001) == [request]


def test_portals_that_are_remembered_are_bounded() -> None:
    many = ((f"N/{number:012x}/battery/258/Soc", b'{"value":1}') for number in range(MAX_PORTALS + 1))
    knowledge = heard(*many)
    assert len(due(knowledge)) == MAX_PORTALS


@pytest.mark.parametrize(
    ("topic", "question", "answer_topic", "answer"),
    [
        (
            "v1/gateway/attributes/request",
            {"id": 3, "device": "Device A", "client": True, "key": "firmware"},
            "v1/gateway/attributes/response",
            {"id": 3, "device": "Device A", "value": "1.2"},
        ),
        (
            "v1/gateway/attributes/request",
            {"id": 4, "device": "Device A", "client": False, "keys": ["limit", "unknown", 7]},
            "v1/gateway/attributes/response",
            {"id": 4, "device": "Device A", "values": {"limit": 5}},
        ),
        (
            "v1/gateway/attributes/request",
            {"id": 5, "device": "Device B", "key": "firmware"},
            "v1/gateway/attributes/response",
            {"id": 5, "device": "Device B"},
        ),
        (
            "v1/devices/me/attributes/request/9",
            {"clientKeys": "a,b", "sharedKeys": "c"},
            "v1/devices/me/attributes/response/9",
            {},
        ),
        ("v2/a/req/9", {"sharedKeys": "c"}, "v2/a/res/9", {}),
    ],
)
def test_questions_for_attributes_are_answered_once(
    topic: str, question: object, answer_topic: str, *, answer: object
) -> None:
    knowledge = heard((topic, orjson.dumps(question)))
    [request] = due(knowledge)
    assert (request.family, request.topic, orjson.loads(request.payload)) == ("thingsboard", answer_topic, answer)
    assert due(knowledge) == []


@pytest.mark.parametrize(
    "question", [{"id": 1}, {"id": 1, "device": ""}, {"id": 1, "device": "Device A"}, {"device": "x", "keys": "all"}]
)
def test_a_question_that_does_not_say_of_what_is_not_answered(question: object) -> None:
    assert due(heard(("v1/gateway/attributes/request", orjson.dumps(question)))) == []


def test_questions_that_wait_are_bounded() -> None:
    asked = [(f"v2/a/req/{number}", b"{}") for number in range(MAX_QUESTIONS + 5)]
    assert len(due(heard(*asked))) == MAX_QUESTIONS


def test_repeated_requests_keep_their_interval() -> None:
    intervals = Intervals(max_known=2)
    often = FamilyRequest("victron", "R/a/keepalive", b"", KEEPALIVE_EVERY_MS, QUIET_KEEPALIVE)
    assert intervals.payload_of(often, NOW_MS) == b""
    assert intervals.payload_of(often, NOW_MS + KEEPALIVE_EVERY_MS - 1) is None
    assert intervals.payload_of(often, NOW_MS + KEEPALIVE_EVERY_MS) == QUIET_KEEPALIVE
    intervals.forget(often)
    assert intervals.payload_of(often, NOW_MS + KEEPALIVE_EVERY_MS) == b""
    once = FamilyRequest("thingsboard", "v2/a/res/1", b"{}")
    assert [intervals.payload_of(once, NOW_MS) for _ in range(2)] == [b"{}", b"{}"]
    rebirth = FamilyRequest("sparkplug_b", "spBv1.0/g/NCMD/n", b"x", 30_000)
    assert intervals.payload_of(rebirth, NOW_MS) == b"x"
    assert intervals.payload_of(rebirth, NOW_MS + 30_000) == b"x"
    assert intervals.payload_of(rebirth._replace(topic="other"), NOW_MS) == b"x"
    assert intervals.payload_of(often, NOW_MS + KEEPALIVE_EVERY_MS) == b"", "it was forgotten"


def test_shared_attributes_are_what_is_desired(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = NO_TWIN.changed({"limit": 9, "mode": "eco"}, by="anna", now_ms=NOW_MS)
    monkeypatch.setitem(TWINS, "Device A", twin)
    asked = {"id": 1, "device": "Device A", "keys": ["limit", "mode", "firmware"]}
    answers = []
    for client in (False, True):
        [request] = due(heard(("v1/gateway/attributes/request", orjson.dumps({**asked, "client": client}))))
        answers.append(orjson.loads(request.payload)["values"])
    assert answers == [{"limit": 9, "mode": "eco", "firmware": "1.2"}, {"limit": 5, "firmware": "1.2"}]


def test_a_thing_that_asks_for_its_shadow_gets_what_is_desired(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"light.on": True, "light.level": 3, "light": 7, "config.mode": "eco"}
    twin = NO_TWIN.changed(wanted, by="anna", now_ms=NOW_MS).reporting({"light.on": True}, now_ms=NOW_MS)
    monkeypatch.setitem(TWINS, "lamp", twin)
    thing = "$aws/things/lamp/shadow"
    knowledge = heard(
        (f"{thing}/name/config/update", b'{"state":{"reported":{"mode":"off"}}}'),
        (f"{thing}/get", b""),
        (f"{thing}/name/config/get", b'{"clientToken":"t1"}'),
        ("$aws/things/other/shadow/get", b"{}"),
        (f"{thing}/name/empty/get", b"{}"),
        (f"{thing}/get", b"no json"),
    )
    classic, named = due(knowledge)
    assert (classic.family, classic.topic, named.topic) == (
        "aws_iot",
        f"{thing}/get/accepted",
        f"{thing}/name/config/get/accepted",
    )
    at = {"version": NOW_MS // 1000, "timestamp": NOW_MS // 1000}
    assert orjson.loads(classic.payload) == {**at, "state": {"desired": {"light": 7}, "delta": {"light": 7}}}
    config = {"desired": {"mode": "eco"}, "delta": {"mode": "eco"}}
    assert orjson.loads(named.payload) == {**at, "state": config, "clientToken": "t1"}
    assert due(knowledge) == []


def test_a_shadow_without_a_difference_has_no_delta(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = NO_TWIN.changed({"light.on": True, "light.level": 3}, by="anna", now_ms=NOW_MS)
    monkeypatch.setitem(TWINS, "lamp", twin.reporting({"light.on": True, "light.level": 3}, now_ms=NOW_MS))
    [request] = due(heard(("$aws/things/lamp/shadow/get", b"")))
    assert orjson.loads(request.payload)["state"] == {"desired": {"light": {"on": True, "level": 3}}}


def test_shadows_that_are_asked_for_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TWINS, "lamp", NO_TWIN.changed({"on": True}, by="anna", now_ms=NOW_MS))
    assert len(due(heard(*[("$aws/things/lamp/shadow/get", b"")] * (MAX_GETS + 5)))) == MAX_GETS
