"""After the OwnTracks booklet, "JSON" (types and members) and "Topics"."""

import pytest

from hub.decoders.base import Decoded, Malformed, Unsupported
from tests.decoders.told import family, one, told

AT = 1_700_000_000
PHONE = "anna%2Fphone"


def test_a_location() -> None:
    found = one(
        "owntracks/anna/phone",
        {
            "_type": "location",
            "lat": 48.85,
            "lon": "2.29",
            "alt": 0,
            "acc": 5,
            "vel": -1,
            "cog": -1,
            "batt": -1,
            "t": "u",
            "tid": "AN",
            "tst": AT,
            "created_at": AT + 9,
            "conn": "w",
            "inregions": ["Home"],
            "BSSID": "a:b",
        },
    )
    assert found == Decoded(
        PHONE,
        "telemetry",
        {"lat": 48.85, "lon": 2.29, "alt": 0, "acc": 5, "t": "u", "conn": "w", "inregions.0": "Home"},
        {"lat": "°", "lon": "°", "alt": "m", "acc": "m"},
        None,
        AT * 1000,
    )


@pytest.mark.parametrize(
    ("sub", "message", "expected"),
    [
        (
            "/event",
            {"_type": "transition", "event": "enter", "desc": "Home", "wtst": 1, "tst": AT},
            Decoded(PHONE, "event", {"event": "enter", "desc": "Home"}, time=AT * 1000),
        ),
        (
            "/step",
            {"_type": "steps", "steps": 12, "from": AT - 60, "to": AT, "tst": AT},
            Decoded(PHONE, "telemetry", {"steps": 12}, time=AT * 1000),
        ),
        (
            "/beacon",
            {"_type": "beacon", "desc": "Desk", "rssi": -60, "uuid": "x", "major": 1},
            Decoded(PHONE, "event", {"desc": "Desk", "rssi": -60, "major": 1}, {"rssi": "dBm"}),
        ),
        ("", {"_type": "location", "lat": "north"}, Decoded(PHONE, "telemetry")),
        ("", {"_type": "lwt", "tst": AT}, Decoded(PHONE, "presence", status="offline")),
        (
            "/info",
            {"_type": "card", "name": "Anna", "face": "aGVsbG8="},
            Decoded(PHONE, "info", attributes={"name": "Anna"}),
        ),
        ("/info", {"_type": "card"}, Decoded(PHONE, "info")),
        ("/waypoint", {"_type": "waypoint", "lat": "48.8", "desc": "Paris"}, Decoded(PHONE, "config")),
        ("/status", {"_type": "status", "iOS": {}}, Decoded(PHONE, "info")),
        ("/cmd", {"_type": "cmd", "action": "reportLocation"}, Decoded(PHONE, "command")),
        ("", {"_type": "cmd", "action": "reportLocation"}, Decoded(PHONE, "command")),
        ("", "", Decoded(PHONE, "removal")),
    ],
)
def test_the_type_says_what_a_message_is(sub: str, message: object, expected: Decoded) -> None:
    assert one("owntracks/anna/phone" + sub, message) == expected


@pytest.mark.parametrize(
    ("message", "refusal", "reason"),
    [
        ({"_type": "encrypted", "data": "x"}, Unsupported, "encrypted"),
        ({"_type": "other"}, Unsupported, "_type other"),
        ({"_type": 1}, Unsupported, "_type 1"),
        ({"lat": 1}, Malformed, "no _type"),
        ([1], Malformed, "no JSON object"),
    ],
)
def test_what_is_not_read_is_refused(message: object, refusal: type[Exception], reason: str) -> None:
    with pytest.raises(refusal, match=reason):
        told("owntracks/anna/phone", message)


@pytest.mark.parametrize(
    "topic", ["owntracks/anna", "owntracks/a/b/c/d", "owntracks//phone", "owntracks/" + "x" * 100 + "/" + "y" * 100]
)
def test_other_topics_are_not_claimed(topic: str) -> None:
    assert family(topic, b"{}") is None
