"""Every error and close code of the hub, and the exceptions that carry them.

Exceptions:

    HubError                  code + sentence; what a client, a log line and an HTTP answer all show
     ├── InvalidTopic         a topic that MQTT or the hub does not allow
     ├── InvalidFilter        a topic filter that MQTT or the hub does not allow
     ├── InvalidFrame         a client frame that can't be understood
     ├── InvalidPosition      a position string that no hub has given
     ├── InvalidPredicate     a condition on data that can't be understood, or is over a limit
     ├── Unauthorized         no identity, or one that does not hold (see its code)
     ├── PermissionDenied     the identity may not do this
     ├── TooManyRequests      a limit on how often; says how long to wait
     ├── Unrecoverable        the log can't prove what lies after a position
     └── Unavailable          broker, engine or store does not answer now
"""

from typing import NamedTuple


class ErrorCode(NamedTuple):
    """A line of the error table: number on the wire, name, sentence, HTTP status; whether trying again may help."""

    number: int
    name: str
    message: str
    http_status: int
    retry: bool


class CloseCode(NamedTuple):
    """Why the hub ends a connection. Numbers 3000-3499: the client reconnects; 3500-3999: it does not."""

    number: int
    name: str
    message: str

    @property
    def reconnect(self) -> bool:
        """Whether a client should come back by itself."""
        return self.number < FIRST_TERMINAL_CLOSE


FIRST_TERMINAL_CLOSE = 3500

INTERNAL = ErrorCode(100, "internal", "The hub failed; its log says where.", 500, retry=True)
UNAUTHORIZED = ErrorCode(101, "unauthorized", "Sign in first.", 401, retry=False)
PERMISSION_DENIED = ErrorCode(103, "permission_denied", "Your role does not allow this.", 403, retry=False)
NOT_FOUND = ErrorCode(104, "not_found", "There is no such thing here.", 404, retry=False)
CONFLICT = ErrorCode(105, "conflict", "It is there already.", 409, retry=False)
LIMIT_EXCEEDED = ErrorCode(106, "limit_exceeded", "A limit of the hub is reached.", 413, retry=False)
BAD_REQUEST = ErrorCode(107, "bad_request", "The request can't be understood.", 400, retry=False)
NOT_AVAILABLE = ErrorCode(108, "not_available", "A part of the hub does not answer now.", 503, retry=True)
TOKEN_EXPIRED = ErrorCode(109, "token_expired", "The token has expired.", 401, retry=False)
REQUEST_TIMEOUT = ErrorCode(110, "request_timeout", "The request did not come in time.", 408, retry=True)
TOO_MANY_REQUESTS = ErrorCode(111, "too_many_requests", "Too many requests; wait before the next.", 429, retry=True)
UNRECOVERABLE_POSITION = ErrorCode(
    112, "unrecoverable_position", "The log does not reach back to it.", 410, retry=False
)
INVALID_TOKEN = ErrorCode(113, "invalid_token", "The token is not one of this hub's.", 401, retry=False)
UNKNOWN_VERB = ErrorCode(120, "unknown_verb", "No such type of client frame.", 400, retry=False)
INVALID_TOPIC = ErrorCode(121, "invalid_topic", "The topic is not a valid one.", 400, retry=False)
INVALID_FILTER = ErrorCode(122, "invalid_filter", "The topic filter is not a valid one.", 400, retry=False)
INVALID_POSITION = ErrorCode(123, "invalid_position", "The position is not one a hub has given.", 400, retry=False)
INVALID_DATA = ErrorCode(124, "invalid_data", "The data is not what this topic takes.", 400, retry=False)
TOO_LARGE = ErrorCode(125, "too_large", "It is larger than the hub takes.", 413, retry=False)
INVALID_PREDICATE = ErrorCode(126, "invalid_predicate", "The condition is not a valid one.", 400, retry=False)
UNSUPPORTED_MEDIA = ErrorCode(127, "unsupported_media", "No decoder reads bodies of this type.", 415, retry=False)
ROOM_ARCHIVED = ErrorCode(
    130, "room_archived", "The room is archived; nothing is said in it any more.", 409, retry=False
)

ERROR_CODES = (
    INTERNAL,
    UNAUTHORIZED,
    PERMISSION_DENIED,
    NOT_FOUND,
    CONFLICT,
    LIMIT_EXCEEDED,
    BAD_REQUEST,
    NOT_AVAILABLE,
    TOKEN_EXPIRED,
    REQUEST_TIMEOUT,
    TOO_MANY_REQUESTS,
    UNRECOVERABLE_POSITION,
    INVALID_TOKEN,
    UNKNOWN_VERB,
    INVALID_TOPIC,
    INVALID_FILTER,
    INVALID_POSITION,
    INVALID_DATA,
    TOO_LARGE,
    INVALID_PREDICATE,
    UNSUPPORTED_MEDIA,
    ROOM_ARCHIVED,
)

CLOSE_SHUTDOWN = CloseCode(3001, "shutdown", "The hub is stopping; come back.")
CLOSE_INTERNAL = CloseCode(3004, "internal", "The hub failed; come back.")
CLOSE_EXPIRED = CloseCode(3005, "expired", "The token has expired; come back with a new one.")
CLOSE_SLOW = CloseCode(3008, "slow", "Too much was waiting for this client; come back with your position.")
CLOSE_NO_PONG = CloseCode(3012, "no_pong", "No answer to a ping; come back.")
CLOSE_TOO_MANY_REQUESTS = CloseCode(3013, "too_many_requests", "Too many requests; come back later.")
CLOSE_INVALID_TOKEN = CloseCode(3500, "invalid_token", "The token is not one of this hub's.")
CLOSE_BAD_REQUEST = CloseCode(3501, "bad_request", "A frame could not be understood.")
CLOSE_NO_SIGN_IN = CloseCode(3502, "no_sign_in", "No sign-in in time.")
CLOSE_PERMISSION_DENIED = CloseCode(3507, "permission_denied", "This client may not connect here.")

CLOSE_CODES = (
    CLOSE_SHUTDOWN,
    CLOSE_INTERNAL,
    CLOSE_EXPIRED,
    CLOSE_SLOW,
    CLOSE_NO_PONG,
    CLOSE_TOO_MANY_REQUESTS,
    CLOSE_INVALID_TOKEN,
    CLOSE_BAD_REQUEST,
    CLOSE_NO_SIGN_IN,
    CLOSE_PERMISSION_DENIED,
)


class HubError(Exception):
    """A failure with a code of the table and a sentence a person can act on."""

    code: ErrorCode = INTERNAL

    def __init__(self, message: str = "", *, code: ErrorCode | None = None) -> None:
        if code is not None:
            self.code = code
        super().__init__(message or self.code.message)


class InvalidTopic(HubError):
    """A topic that MQTT (5.0 section 4.7) or a limit of the hub does not allow."""

    code = INVALID_TOPIC


class InvalidFilter(HubError):
    """A topic filter that MQTT (5.0 section 4.7) or a limit of the hub does not allow."""

    code = INVALID_FILTER


class InvalidFrame(HubError):
    """A client frame that can't be understood.

    `frame_id` is its id where one could be read; `fatal` frames (not JSON, no object) end the connection.
    """

    code = BAD_REQUEST

    def __init__(
        self, message: str = "", *, code: ErrorCode | None = None, frame_id: int | None = None, fatal: bool = False
    ) -> None:
        super().__init__(message, code=code)
        self.frame_id = frame_id
        self.fatal = fatal


class InvalidPosition(HubError):
    """A position string that no hub has given."""

    code = INVALID_POSITION


class InvalidPredicate(HubError):
    """A condition on data that can't be understood, or is over a limit of the hub."""

    code = INVALID_PREDICATE


class Unauthorized(HubError):
    """No identity (UNAUTHORIZED), or a token that does not hold (INVALID_TOKEN, TOKEN_EXPIRED)."""

    code = UNAUTHORIZED


class PermissionDenied(HubError):
    """The identity is known and may not do this."""

    code = PERMISSION_DENIED


class TooManyRequests(HubError):
    """A limit on how often is reached; `retry_after_s` whole seconds from now it may be tried again."""

    code = TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unrecoverable(HubError):
    """The log can't prove what lies after a position: another epoch, trimmed away, or beyond its head."""

    code = UNRECOVERABLE_POSITION


class Unavailable(HubError):
    """Broker, engine or store does not answer now; what was asked may or may not have happened."""

    code = NOT_AVAILABLE
