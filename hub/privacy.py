"""Which topics belong to a private chat room; pure."""

PRIVATE = "~"
"""What the name of a private room begins with."""


def private_room(topic: str) -> str | None:
    """The name of the private room that a topic belongs to; None: of none.

    Those topics are `chat/~x` and `room/~x`, what is below them, and the same behind `presence/`.
    """
    if PRIVATE not in topic:
        return None
    levels = topic.removeprefix("presence/").split("/", 2)
    if len(levels) == 1 or levels[0] not in {"chat", "room"} or not levels[1].startswith(PRIVATE):
        return None
    return levels[1]
