"""Words of JSON Schema (draft 7, the one of AsyncAPI 3.0) from which the schemas beside this module are made."""

from collections.abc import Mapping, Sequence

from hub.topics import MAX_LEVELS, MAX_TOPIC_BYTES

Schema = dict[str, object]

_CONTROL = r"\u0000-\u001f\u007f-\u009f"
_END = r"$(?!\n)"
"""Of a pattern: in Python `$` alone lets a line break behind it pass."""
_FEW_LEVELS = f"(?!(?:[^/]*/){{{MAX_LEVELS}}})"
_LEVEL = f"[^+#/{_CONTROL}]*"


def members(description: str, required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object; members that are not named here may be there, and whoever reads it passes over them."""
    shown: Schema = {"type": "object", "description": description, "properties": {**required, **(optional or {})}}
    return {**shown, "required": list(required)} if required else shown


def ref(name: str) -> Schema:
    """A schema of the document's components, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def const(value: object, description: str = "") -> Schema:
    """This very value."""
    shown: Schema = {"const": value}
    return {**shown, "description": description} if description else shown


def text(description: str, **words: object) -> Schema:
    """A string."""
    return {"type": "string", "description": description, **words}


def integer(description: str, **words: object) -> Schema:
    """A whole number."""
    return {"type": "integer", "description": description, **words}


def number(description: str, **words: object) -> Schema:
    """A number."""
    return {"type": "number", "description": description, **words}


def boolean(description: str) -> Schema:
    """True or false."""
    return {"type": "boolean", "description": description}


def listed(items: Schema, description: str, **words: object) -> Schema:
    """A list."""
    return {"type": "array", "items": items, "description": description, **words}


def mapping(values: Schema, description: str) -> Schema:
    """An object whose members are the reader's to know: all have values of one kind."""
    return {"type": "object", "additionalProperties": values, "description": description}


def one_of(schemas: Sequence[Schema], description: str) -> Schema:
    """Exactly one of several."""
    return {"oneOf": list(schemas), "description": description}


def or_null(schema: Schema) -> Schema:
    """The same, or null, which is as if it were left out."""
    return {"oneOf": [schema, {"type": "null"}]}


WORDS: dict[str, Schema] = {
    "Topic": text(
        f"A topic name (MQTT 5.0 section 4.7), at most {MAX_TOPIC_BYTES} bytes of UTF-8 and {MAX_LEVELS} levels.",
        minLength=1,
        maxLength=MAX_TOPIC_BYTES,
        pattern=f"^{_FEW_LEVELS}[^+#{_CONTROL}]+{_END}",
    ),
    "Filter": text(
        f"A topic filter (MQTT 5.0 section 4.7), at most {MAX_TOPIC_BYTES} bytes of UTF-8 and {MAX_LEVELS} levels.",
        minLength=1,
        maxLength=MAX_TOPIC_BYTES,
        pattern=rf"^{_FEW_LEVELS}(?:(?:{_LEVEL}|\+)/)*(?:{_LEVEL}|\+|#){_END}",
    ),
    "Position": text(
        "A place on the log; opaque to clients, the same on every wire.",
        pattern=r"^[0-9A-Za-z]{1,32}-(?:0|[1-9][0-9]{0,18})" + _END,
        maxLength=52,
    ),
    "Time": integer("Milliseconds since the epoch."),
    "Scalar": {"type": ["number", "string", "boolean"], "description": "What a key of telemetry can be."},
}
"""What all schemas are made of, by name."""
