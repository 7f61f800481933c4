"""What a program is told of its connection beside the events."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["connecting", "connected", "disconnected", "recovered", "gap", "not_renewed"]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the connection.

    `disconnected`: with the close code where there was one; `retry_in_s` says when it tries again, None: it does not
    come back by itself. `recovered`: all that was missed since `position` has come. `gap`: it will not, and a snapshot
    follows for the subscriptions concerned; `reason` says why. `not_renewed`: a new token was not to be had, or the hub
    did not take it; the connection ends with the old one.
    """

    kind: Kind
    reason: str = ""
    close_code: int | None = None
    retry_in_s: float | None = None
    position: str | None = None
