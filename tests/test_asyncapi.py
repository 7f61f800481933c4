"""The AsyncAPI document: the official parser takes it, golden frames fit its schemas, devices say what it says."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from hub import protocol
from hub.api.contracts import ASYNCAPI
from hub.api.stream_contract import stream_operation
from hub.asyncapi.devices import DEVICE_CHANNELS, DeviceChannel
from hub.asyncapi.document import schemas
from hub.asyncapi.messages import frame_schema, frames, golden_message, reply_to
from hub.asyncapi.server_frames import SERVER_FRAMES
from hub.asyncapi.topics import DATA
from hub.decoders import FAMILIES
from hub.decoders.base import Knowledge
from hub.decoders.registry import Decoders
from hub.descriptions import Descriptions
from hub.errors import CLOSE_CODES, ERROR_CODES, HubError, TooManyRequests
from hub.events import Position
from hub.replay_frames import replay_end
from hub.transports.query import MEMBERS
from tests.decoders.told import NOW
from tests.sources import ROOT

GOLDEN: list[dict[str, Any]] = json.loads((ROOT / "tests" / "golden" / "frames.json").read_text(encoding="utf-8"))
DOCUMENT: dict[str, Any] = yaml.safe_load(ASYNCAPI.read_text(encoding="utf-8"))
WARNING = 1
"""Severities of the parser: error, warning, information, hint."""
BEYOND_SCHEMAS = {"where: nine deep", "where: 65 conditions", "subscribe: filter with over 1,024 bytes"}
"""What is refused and JSON Schema can't say: sums and depths over a tree, and bytes of UTF-8."""
POSITION = Position("k3v9", 1042)
VERBS = list(protocol._VERBS)
CLIENT_SCHEMAS = [frame_schema(verb) for verb in VERBS]


@cache
def validator(name: str) -> Draft7Validator:
    """What checks against one schema of the document."""
    reference = {"$ref": f"#/components/schemas/{name}"}
    return Draft7Validator({"allOf": [reference], "components": {"schemas": schemas()}})


def fits(frame: object, *names: str) -> list[str]:
    """The names of those schemas that a frame satisfies."""
    return [name for name in names if validator(name).is_valid(frame)]


def golden(direction: str, member: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in GOLDEN if case["direction"] == direction and member in case]


def parse(*documents: Path) -> list[dict[str, Any]]:
    """What the official parser says of each document."""
    command = ["node", str(ROOT / "tests" / "asyncapi.mjs"), str(ROOT / "dashboard" / "package.json")]
    run = subprocess.run([*command, *map(str, documents)], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_the_official_parser_takes_the_document_and_not_a_broken_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        "asyncapi: 3.0.0\ninfo: {title: Hub, version: 1.0.0}\nchannels: {a: {address: 1}}\n", encoding="utf-8"
    )
    sound, objected = parse(ASYNCAPI, broken)
    assert [found for found in sound["found"] if found[0] <= WARNING] == []
    assert set(sound["operations"]) == set(DOCUMENT["operations"])
    assert [found[2] for found in objected["found"] if found[0] <= WARNING] == ["channels.a.address"]


def test_every_verb_reply_and_frame_is_described() -> None:
    assert set(VERBS) <= set(DOCUMENT["components"]["messages"])
    assert {reply_to(verb) for verb in VERBS} <= set(DOCUMENT["components"]["messages"])
    for channel in ("websocket", "socketio"):
        there = set(DOCUMENT["channels"][channel]["messages"])
        assert {*VERBS, *map(reply_to, VERBS), "refusal", "events", "heartbeat", "gap"} <= there
    assert set(frames()) >= {golden_message(case) for case in GOLDEN if "frame" in case}


def test_the_query_of_a_stream_is_the_one_that_is_read() -> None:
    described = DOCUMENT["operations"]["stream"]["bindings"]["http"]["query"]["properties"]
    read = {*MEMBERS, "ticket"}
    assert set(described) == read
    parameters = stream_operation()["parameters"]
    assert {each["name"] for each in parameters if each["in"] == "query"} == read


def test_every_code_is_described() -> None:
    errors = DOCUMENT["components"]["schemas"]["Error"]["oneOf"]
    assert {(each["properties"]["code"]["const"], each["title"]) for each in errors} == {
        (code.number, code.name) for code in ERROR_CODES
    }
    closes = DOCUMENT["channels"]["websocket"]["x-close-codes"]
    assert {(each["code"], each["name"], each["reconnect"]) for each in closes} == {
        (code.number, code.name, code.reconnect) for code in CLOSE_CODES
    }


def test_every_message_has_an_example_that_fits() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        assert message["examples"], name
        for example in message["examples"]:
            schema = {"allOf": [message["payload"]], "components": DOCUMENT["components"]}
            Draft7Validator(schema).validate(example["payload"])


@pytest.mark.parametrize("case", golden("client", "frame"))
def test_a_golden_client_frame_fits_its_schema_and_no_other(case: dict[str, Any]) -> None:
    assert fits(case["frame"], *CLIENT_SCHEMAS) == [frame_schema(case["frame"]["type"])]


@pytest.mark.parametrize("case", golden("client", "text"))
def test_what_the_hub_refuses_fits_no_schema(case: dict[str, Any]) -> None:
    try:
        frame = json.loads(case["text"])
    except json.JSONDecodeError:
        assert "closes" in case
        return
    assert bool(fits(frame, *CLIENT_SCHEMAS)) == (case["name"] in BEYOND_SCHEMAS)


@pytest.mark.parametrize("case", golden("server", "frame"))
def test_a_golden_server_frame_fits_its_schema(case: dict[str, Any]) -> None:
    name = golden_message(case)
    assert name is not None
    assert fits(case["frame"], frame_schema(name)) == [frame_schema(name)]


@pytest.mark.parametrize(
    "error", [*(HubError(code=code) for code in ERROR_CODES), TooManyRequests("Wait 3 s.", retry_after_s=3)], ids=str
)
def test_a_refusal_with_any_code_fits(error: HubError) -> None:
    assert fits(json.loads(protocol.refusal(4, error).payload), "RefusalFrame") == ["RefusalFrame"]


@pytest.mark.parametrize("code", CLOSE_CODES, ids=lambda code: str(code.name))
def test_a_close_with_any_code_fits(code: Any) -> None:
    assert fits(json.loads(protocol.close(code, "why").payload), "CloseFrame") == ["CloseFrame"]


def test_an_error_whose_code_and_name_do_not_belong_together_fits_not() -> None:
    refused = json.loads(protocol.refusal(4, HubError()).payload)
    refused["error"]["name"] = "not_found"
    assert fits(refused, "RefusalFrame") == []


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("telemetry/kitchen", {"temperature": {"value": 21.5}}),
        ("connectivity/kitchen", {"state": "asleep"}),
        ("device/kitchen", {"name": "Kitchen"}),
        ("registry/kitchen", {"name": "Kitchen"}),
        ("$quarantine/kitchen", {"messages": 1}),
        ("chat/ops", {"text": "hello"}),
        ("chat/ops", {"delete": "yesterday", "by": "anna"}),
        ("room/ops", {"title": "Ops"}),
        ("$read/anna/ops", {}),
        ("presence/chat/ops", {"event": "left", "user": "anna"}),
        ("raw/a", {"refusal": "unclaimed"}),
    ],
)
def test_data_that_a_topic_never_has_does_not_fit(topic: str, data: Mapping[str, object]) -> None:
    assert fits({"topic": topic, "time": 1, "data": data}, "Event") == []


def test_every_kind_of_topic_is_in_the_table_of_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [prefix for prefix in DATA if f"| `{prefix}" not in page] == []


def said(channel: DeviceChannel) -> bytes:
    """The payload of a device's message: text as it is, all else as JSON."""
    payload = channel.payload
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


@pytest.mark.parametrize("channel", DEVICE_CHANNELS.values(), ids=list(DEVICE_CHANNELS))
def test_a_device_message_becomes_the_event_that_is_written_there(channel: DeviceChannel) -> None:
    outcome = Decoders(FAMILIES, Knowledge()).decode(channel.topic, said(channel), NOW)
    assert outcome is not None
    assert outcome.family == channel.family
    events: dict[str, Any] = {}
    for decoded in outcome.events:
        if decoded.data:
            events[f"telemetry/{decoded.device}"] = dict(decoded.data)
        events |= dict(Descriptions().learn(decoded, outcome.family, retained=True))
    topic, data = channel.event
    # A device's connectivity and description say since when, too.
    assert events[topic].items() >= data.items()
    assert fits({"topic": topic, "time": 1, "data": data}, "Event") == ["Event"]


def test_every_family_of_devices_is_there() -> None:
    told = DOCUMENT["channels"]["anyDevice"]["x-conventions"]
    assert list(told) == [family.family for family in FAMILIES]
    assert [family for family, line in told.items() if line == family] == []


def test_what_comes_unasked_is_what_the_protocol_builds() -> None:
    built = [
        protocol.events(POSITION, b"", snapshot=True, conflated=3, part=True),
        protocol.heartbeat(POSITION, 4),
        protocol.gap(POSITION),
        protocol.typing("chat/ops", "anna"),
        protocol.close(CLOSE_CODES[0], "why"),
    ]
    built.append(replay_end(7, position=POSITION, time=1))
    for frame in built:
        name = frame_schema("typingNotice" if frame.kind == "typing" else frame.kind)
        assert fits(json.loads(frame.payload), name) == [name]
    assert {frame.kind for frame in built} == set(SERVER_FRAMES) - {"refusal"}
