"""What can go wrong on the client's side, beside the hub's own refusals. Codes below 100 are the client's.

Exceptions:

    HubError                  a refusal of the hub, with its code (docs/codes.md)
     ├── NotConnected         there was no link in time; nothing was sent
     ├── OutcomeUnknown       the link broke, or no answer came in time: it may have happened or not
     └── Ended                the connection is over and does not come back by itself
"""

from hub.errors import ERROR_CODES, ErrorCode, HubError

UNKNOWN = ErrorCode(1, "unknown", "No answer came; it may have happened.", 504, retry=False)
NOT_CONNECTED = ErrorCode(2, "not_connected", "Not connected; nothing was sent.", 503, retry=True)
ENDED = ErrorCode(3, "ended", "The connection is over.", 410, retry=False)

_BY_NUMBER = {code.number: code for code in ERROR_CODES}


class NotConnected(HubError):
    """There was no link in time; nothing was sent, so the same may be tried again."""

    code = NOT_CONNECTED


class OutcomeUnknown(HubError):
    """The link broke, or no answer came in time, after something was sent: it may have happened or not."""

    code = UNKNOWN


class Ended(HubError):
    """The connection is over and does not come back by itself; `close_code` is the hub's, where it closed it."""

    code = ENDED

    def __init__(self, message: str = "", *, close_code: int | None = None) -> None:
        super().__init__(message)
        self.close_code = close_code


def refused(number: int, name: str, message: str) -> HubError:
    """The error of a refusing reply; a code that only a newer hub knows is kept, without a promise for a retry."""
    code = _BY_NUMBER.get(number) or ErrorCode(number, name, message, 500, retry=False)
    return HubError(message, code=code)
