"""How much may be kept on disk: a warning before it is full, and from when on values are refused; pure."""

WARNED = 0.8
OPEN_AGAIN = 0.95
"""Shares of the budget: from the first on it is said, below the second values are kept again."""


class DiskBudget:
    """Judges what is used of `limit_bytes` (0: no limit). `full`: values are not kept now, all else is."""

    def __init__(self, limit_bytes: int) -> None:
        self.full = False
        self._limit = limit_bytes
        self._warned = False

    def used(self, used_bytes: int) -> str | None:
        """Take how much is used now; a sentence where that is news."""
        if not self._limit:
            return None
        share = used_bytes / self._limit
        said = f"History uses {used_bytes / 1e6:,.0f} MB of {self._limit / 1e6:,.0f} MB (HUB_HISTORY_MAX_BYTES)"
        if share >= 1 and not self.full:
            self.full = self._warned = True
            return f"{said}: values are not kept any more; alarms, chat, commands and all else are."
        if share < OPEN_AGAIN and self.full:
            self.full = False
            return f"{said}: values are kept again."
        if share >= WARNED and not self._warned:
            self._warned = True
            return f"{said}; when it is full, values are not kept any more. Keep fewer days, or allow more."
        if share < WARNED:
            self._warned = False
        return None
