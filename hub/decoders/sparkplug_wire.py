"""Sparkplug B payloads: Google's protobuf library with a schema that is built here, after the specification 3.0, 6.4.

The library's parser is native code. Its objects are read by attribute, which is most of what a metric costs.
"""

import zlib
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from hub.decoders.base import Malformed, Unsupported
from hub.events import Scalar

MAX_INFLATED_BYTES = 4 * 1024 * 1024
"""A compressed payload that grows past it is refused."""
COMPRESSED = "SPBV1.0_COMPRESSED"
REBIRTH = "Node Control/Rebirth"

# number, name and type of each field; `*` repeated, `|` one of the values.
_SCHEMA = {
    "Payload": "1 timestamp uint64, 2 metrics *Metric, 3 seq uint64, 4 uuid string, 5 body bytes",
    "Metric": (
        "1 name string, 2 alias uint64, 3 timestamp uint64, 4 datatype uint32, 5 is_historical bool, "
        "6 is_transient bool, 7 is_null bool, 9 properties PropertySet, 10 int_value |uint32, 11 long_value |uint64, "
        "12 float_value |float, 13 double_value |double, 14 boolean_value |bool, 15 string_value |string, "
        "16 bytes_value |bytes, 17 dataset_value |DataSet, 18 template_value |Template"
    ),
    "PropertySet": "1 keys *string, 2 values *PropertyValue",
    "PropertyValue": (
        "1 type uint32, 2 is_null bool, 3 int_value |uint32, 4 long_value |uint64, 5 float_value |float, "
        "6 double_value |double, 7 boolean_value |bool, 8 string_value |string"
    ),
    "DataSet": "1 num_of_columns uint64, 2 columns *string, 3 types *uint32, 4 rows *Row",
    "Row": "1 elements *DataSetValue",
    "DataSetValue": (
        "1 int_value |uint32, 2 long_value |uint64, 3 float_value |float, 4 double_value |double, "
        "5 boolean_value |bool, 6 string_value |string"
    ),
    "Template": "1 version string, 2 metrics *Metric, 4 template_ref string, 5 is_definition bool",
}
_PACKAGE = "sparkplug"


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _SCHEMA.items():
        described = file.message_type.add(name=name)
        for field in fields.split(", "):
            number, field_name, kind = field.split()
            bare = kind.lstrip("*|")
            label = "LABEL_REPEATED" if kind.startswith("*") else "LABEL_OPTIONAL"
            added = described.field.add(name=field_name, number=int(number), label=label)
            if bare in _SCHEMA:
                added.type, added.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{bare}"
            else:
                added.type = descriptor_pb2.FieldDescriptorProto.Type.Value("TYPE_" + bare.upper())
            if kind.startswith("|"):
                if not described.oneof_decl:
                    described.oneof_decl.add(name="value")
                added.oneof_index = 0
    return file


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())
_Payload: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


def parse(payload: bytes) -> Any:
    """The message `Payload` of a payload, decompressed where it is wrapped; raises Malformed, Unsupported."""
    found = _parse(payload)
    if found.uuid != COMPRESSED:
        return found
    inner = _parse(_inflate(found.body))
    if inner.uuid == COMPRESSED:
        raise Malformed("compressed twice")
    return inner


def _parse(payload: bytes) -> Any:
    try:
        found = _Payload.FromString(payload)
    except (message.DecodeError, UnicodeDecodeError):
        raise Malformed("no Sparkplug payload: not protobuf, or cut off") from None
    if payload and not found.ListFields():
        raise Malformed("no Sparkplug payload: none of its fields")
    return found


def _inflate(body: bytes) -> bytes:
    # Told apart by what they begin with; the metric `algorithm` says the same, where senders don't leave it out.
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        inflated = inflate.decompress(body, MAX_INFLATED_BYTES)
    except zlib.error:
        inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        try:
            inflated = inflate.decompress(body, MAX_INFLATED_BYTES)
        except zlib.error:
            raise Malformed("a compressed payload that can't be decompressed") from None
    if inflate.unconsumed_tail:
        raise Unsupported(f"over {MAX_INFLATED_BYTES} bytes when decompressed")
    if not inflate.eof:
        raise Malformed("a compressed payload that is cut off")
    return inflated


def rebirth_request(now_ms: int) -> bytes:
    """The payload of an NCMD that asks a node to be born again, so that its names and aliases are told (6.4.2)."""
    payload = _Payload(timestamp=now_ms)
    payload.metrics.add(name=REBIRTH, timestamp=now_ms, datatype=11, boolean_value=True)
    encoded: bytes = payload.SerializeToString()
    return encoded


def write_request(name: str, value: Scalar, *, datatype: int, now_ms: int) -> bytes:
    """The payload of an NCMD or DCMD that writes one metric; raises ValueError where the type can't hold it."""
    payload = _Payload(timestamp=now_ms)
    metric = payload.metrics.add(name=name, timestamp=now_ms, datatype=datatype)
    field = _FIELDS.get(datatype)
    if field is None:
        raise ValueError(f"values of data type {datatype} can't be written")
    if isinstance(value, bool) != (field == "boolean_value") or isinstance(value, str) != (field == "string_value"):
        raise ValueError(f"{value!r} is no value of data type {datatype}")
    if field in _BITS:
        if value != int(value):
            raise ValueError(f"{value!r} is no whole number")
        # Negative numbers go in two's complement of the field's width.
        value = int(value) % 2 ** _BITS[field]
    setattr(metric, field, value)
    encoded: bytes = payload.SerializeToString()
    return encoded


_BITS = {"int_value": 32, "long_value": 64}
_FIELDS = {
    **dict.fromkeys((1, 2, 3, 5, 6, 7), "int_value"),
    **dict.fromkeys((4, 8, 13), "long_value"),
    9: "float_value",
    10: "double_value",
    11: "boolean_value",
    **dict.fromkeys((12, 14, 15), "string_value"),
}
"""The field of each data type's value (6.4.15)."""
