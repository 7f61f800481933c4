"""The store seam of commands: the steps of each, as the recorder wrote them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Steps = Sequence[Mapping[str, Any]]
"""The decoded events of one command, in the order of the log."""


class StepStore(Protocol):
    """Steps of commands (docs/commands.md). Opened and closed by `async with`; Unavailable where it can't answer."""

    async def of_device(self, device: str, *, before: str | None, limit: int) -> list[Steps]:
        """The newest `limit` commands of a device with an id before this one, newest first."""
        ...

    async def of_command(self, command_id: str) -> Steps:
        """The steps of one command; none where it is not known."""
        ...

    async def newest(self, *, limit: int) -> list[Steps]:
        """The `limit` commands that were given last, oldest first."""
        ...
