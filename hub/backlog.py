"""Whether history is behind, which the hub says on `system/recorder` when that begins and when it ends; pure."""

TOPIC = "system/recorder"

BEHIND_MS = 10_000
"""From this lag on history is behind; at half of it, it is not any more."""


class Backlog:
    """Looks at how far the recorder is behind, again and again."""

    def __init__(self) -> None:
        self._behind = False

    def look(self, lag_ms: int) -> dict[str, object] | None:
        """What is to be said of a lag where that is news."""
        if not self._behind and lag_ms >= BEHIND_MS:
            self._behind = True
            return {"state": "behind", "lag_ms": lag_ms}
        if self._behind and lag_ms <= BEHIND_MS // 2:
            self._behind = False
            return {"state": "caught_up", "lag_ms": lag_ms}
        return None
