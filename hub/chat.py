"""Chat messages: what may be said in a room, and what the hub adds."""

from collections.abc import Mapping

from hub.errors import INVALID_DATA, TOO_LARGE, HubError

PREFIX = "chat/"
MAX_TEXT_BYTES = 4096


def compose(data: Mapping[str, object], author: str) -> dict[str, object]:
    """The data of a chat message from what a client sent; the author is the server's to say.

    Raises HubError with INVALID_DATA (no text, or other members) or TOO_LARGE (over MAX_TEXT_BYTES of UTF-8).
    """
    text = data.get("text")
    if not isinstance(text, str):
        raise HubError('A chat message is {"text": "…"}.', code=INVALID_DATA)
    unknown = sorted(set(data) - {"text", "author"})
    if unknown:
        raise HubError(f"A chat message has no {unknown[0]!r}; it is {{'text': '…'}}.", code=INVALID_DATA)
    if not text.strip():
        raise HubError("The message is empty.", code=INVALID_DATA)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        raise HubError(f"The message has {size} bytes; at most {MAX_TEXT_BYTES} are taken.", code=TOO_LARGE)
    return {"text": text, "author": author}
