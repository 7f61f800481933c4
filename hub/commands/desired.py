"""What is desired, in the forms that families have for that beside their commands: shadows, shared attributes; pure.

The command's `twin` is the key, `value` what is wanted. Families that are not here are told by a usual command.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import quote

import orjson

from hub.commands.command import Command
from hub.commands.wire import Outgoing, Sending
from hub.commands.zigbee2mqtt import Zigbee2MqttWire
from hub.decoders.aws_iot import shadow_of
from hub.decoders.base import Knowledge
from hub.topics import from_level

Desire = Callable[[Command, Knowledge, int], Sending]
"""(command, what decoders know, now in ms) → what is published; raises Uncommandable."""


def nested(key: str, value: object) -> dict[str, object]:
    """A document in which a dotted key is where decoders have read it: `a.b` is `{"a": {"b": value}}`."""
    head, dot, rest = key.partition(".")
    return {head: nested(rest, value) if dot else value}


def shadow_document(state: Mapping[str, object], *, now_ms: int) -> dict[str, object]:
    """The members of a shadow's document that a thing looks at; `version` only has to grow."""
    now_s = now_ms // 1000
    return {"version": now_s, "timestamp": now_s, "state": dict(state)}


def shadow_topic(device: str, shadow: str) -> str:
    """The beginning of the topics of a thing's named shadow, or of the classic one: ''."""
    return f"$aws/things/{from_level(device)}/shadow" + (f"/name/{shadow}" if shadow else "")


def _aws_iot(command: Command, knowledge: Knowledge, now_ms: int) -> Sending:
    # The delta of the classic shadow, or of the named one that stands before the key.
    shadow, key = shadow_of(command.device, command.twin, knowledge)
    document = shadow_document(nested(key, command.value), now_ms=now_ms)
    return _json(f"{shadow_topic(command.device, shadow)}/update/delta", document)


def _azure_iot(command: Command, _: Knowledge, __: int) -> Sending:
    # `$iothub/twin/PATCH/properties/desired` names no device; a message of cloud to device does.
    device, slash, module = from_level(command.device).partition("/")
    place = f"devices/{device}/modules/{module}" if slash else f"devices/{device}"
    bag = f"%24.to={quote(f'/{place}/messages/devicebound', safe='')}&%24.ct=application%2Fjson&%24.ce=utf-8"
    return _json(f"{place}/messages/devicebound/{bag}", {"desired": nested(command.twin, command.value)})


def _thingsboard(command: Command, _: Knowledge, __: int) -> Sending:
    # Shared attributes, as the server pushes them to a gateway.
    pushed = {"device": from_level(command.device), "data": {command.twin: command.value}}
    return _json("v1/gateway/attributes", pushed)


def _zigbee2mqtt(command: Command, knowledge: Knowledge, now_ms: int) -> Sending:
    if "." in command.twin:
        command = replace(command, name="set", value=nested(command.twin, command.value))
    return Zigbee2MqttWire().encode(command, knowledge, now_ms=now_ms)


def _json(topic: str, document: Mapping[str, object]) -> Sending:
    return Sending([Outgoing(topic, orjson.dumps(document))], {})


DESIRED: Mapping[str, Desire] = MappingProxyType({
    "aws_iot": _aws_iot,
    "azure_iot": _azure_iot,
    "thingsboard": _thingsboard,
    "zigbee2mqtt": _zigbee2mqtt,
})  # fmt: skip
