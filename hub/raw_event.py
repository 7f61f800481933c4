"""Events on `raw/…`: messages that nothing understood, with the reason and the beginning of the payload; pure."""

from hub.errors import InvalidTopic
from hub.topics import MAX_TOPIC_BYTES, validate_topic

RAW_PREFIX = "raw/"
UNFIT_TOPIC = "raw/topic"
"""Where messages are whose own topic the hub can't carry."""
RAW_PAYLOAD_BYTES = 1024
"""Of a payload that are kept."""
REFUSALS = ("malformed", "unsupported", "unclaimed", "nameless", "failed")
"""Why, in a word: the decoder can't read it, doesn't, there is none, nobody is named, or the decoder failed."""
NAMELESS = (
    "the topic names no device, and who published it is not told to subscribers; "
    "publish below a topic that names it, or use the gateway API of the family"
)


def raw_event(
    topic: str, payload: bytes, *, refusal: str, reason: str, family: str | None
) -> tuple[str, dict[str, object]]:
    """Topic and data of the event for a message; `family` is whose decoder refused it.

    `payload` is text for people; where that is not all of a short one (it is no UTF-8), `payload_hex` is.
    """
    kept = payload[:RAW_PAYLOAD_BYTES]
    data: dict[str, object] = {
        "refusal": refusal,
        "reason": reason,
        "payload": kept.decode("utf-8", "backslashreplace"),
        "bytes": len(payload),
    }
    if family is not None:
        data["family"] = family
    if len(kept) == len(payload) and not _is_text(payload):
        data["payload_hex"] = payload.hex()
    named = topic.lstrip("/")
    if named != topic:
        data["topic"] = topic[:MAX_TOPIC_BYTES]
    try:
        return validate_topic(RAW_PREFIX + named), data
    except InvalidTopic:
        return UNFIT_TOPIC, {**data, "topic": topic[:MAX_TOPIC_BYTES]}


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
