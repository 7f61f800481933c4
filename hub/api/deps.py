"""What the routers are given: the context that the composition root makes, and who asks."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from hub.access import Access
from hub.api.first_start import FirstStart
from hub.api.limits import PasswordThreads, SignInLimiter
from hub.audit import Audit
from hub.auth import COOKIE, Identity, Role
from hub.chatting import Chat
from hub.errors import PermissionDenied, Unauthorized
from hub.events import Position
from hub.mqtt.base import LinkState
from hub.store.archive_base import Store
from hub.store.base import UserStore
from hub.tickets import Tickets

if TYPE_CHECKING:
    # Its library is a tenth of the hub's start: it is imported where a provider is set.
    from hub.oidc import Provider


def _nobody(_: str) -> None:
    """Nobody counts."""


class LatestEvents(Protocol):
    """The latest event of each topic, as a node keeps them."""

    @property
    def position(self) -> Position | None:
        """The last batch that is in them."""
        ...

    def snapshot(self, filters: Sequence[str]) -> list[bytes]:
        """The events that the filters select, each once."""
        ...

    def topics(self, filters: Sequence[str]) -> list[str]:
        """The topics that the filters select, each once."""
        ...

    def get(self, topic: str) -> bytes | None:
        """The latest event of a topic."""
        ...


class HasLatest(Protocol):
    """What the API asks of a node."""

    @property
    def latest(self) -> LatestEvents:
        """The state of this process."""
        ...

    @property
    def chat(self) -> Chat:
        """The chat rooms."""
        ...

    def permit(self, identity: Identity, topic: str, *, address: str = "") -> None:
        """Raise PermissionDenied where the identity may not publish on the topic, TooManyRequests where not now."""
        ...

    async def append(self, topic: str, data: Mapping[str, object]) -> Position:
        """Put an event of the hub's own on the log; raises Unavailable."""
        ...

    async def publish(
        self, identity: Identity, topic: str, data: Mapping[str, object], *, address: str = ""
    ) -> Position:
        """Put a person's event on the log; raises PermissionDenied, HubError for unfit data, Unavailable."""
        ...


def _nothing() -> None:
    """The answer of a process that has no such part."""


@dataclass(kw_only=True, slots=True)
class Context:
    """Everything the API works with. `link` and `recorder_lag_ms` answer None where the process has no such role.

    `count_refusal` is called with the name of the error for each request that is refused.
    """

    node: HasLatest
    store: Store
    users: UserStore
    access: Access
    tickets: Tickets
    version: str
    mqtt_url: str
    engine: str
    token_ttl_s: int
    origins: frozenset[str]
    now_s: Callable[[], float]
    link: Callable[[], LinkState | None] = _nothing
    recorder_lag_ms: Callable[[], int | None] = _nothing
    provider: "Provider | None" = None
    audit: Audit = field(default_factory=Audit)
    count_refusal: Callable[[str], object] = _nobody
    first_start: FirstStart = field(default_factory=FirstStart)
    limiter: SignInLimiter = field(default_factory=SignInLimiter)
    passwords: PasswordThreads = field(default_factory=PasswordThreads)

    def readings(self) -> Iterator[tuple[str, str, float]]:
        """The API's own counters, by the names of the metrics table."""
        yield "hub_sign_ins_refused", "failed", self.limiter.refused
        yield "hub_sign_ins_refused", "busy", self.passwords.refused


def context(request: Request) -> Context:
    """The context of the application that serves the request."""
    found: Context = request.app.state.context
    return found


Here = Annotated[Context, Depends(context)]

_bearer = HTTPBearer(scheme_name="bearer", bearerFormat="JWT", auto_error=False, description="A token, or an API key.")
_cookie = APIKeyCookie(scheme_name="cookie", name=COOKIE, auto_error=False, description="Set by signing in.")


async def identity(
    here: Here,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> Identity:
    """Who asks, by the Authorization header or else the cookie; raises Unauthorized."""
    token = bearer.credentials if bearer is not None else cookie
    if not token:
        raise Unauthorized
    return await here.access.identify(token)


Asking = Annotated[Identity, Depends(identity)]


def address_of(request: Request) -> str:
    """Where a request comes from, as far as the hub can tell; "" where it can't."""
    return "" if request.client is None else request.client.host


Where = Annotated[str, Depends(address_of)]


async def visitor(
    here: Here,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> Identity | None:
    """Who asks, or None where nobody has signed in or the sign-in holds no more."""
    try:
        return await identity(here, bearer, cookie)
    except Unauthorized:
        return None


Visiting = Annotated[Identity | None, Depends(visitor)]


def require(role: Role) -> Callable[[Identity], Coroutine[Any, Any, Identity]]:
    """A dependency that lets only this role and greater ones in; raises Unauthorized or PermissionDenied.

    Who was narrowed does not count as an admin: an admin could make a key that is not.
    """

    async def required(asking: Asking) -> Identity:
        if asking.role < role:
            raise PermissionDenied(f"This takes the role {role}; yours is {asking.role}.")
        if asking.narrowed and role is Role.ADMIN:
            raise PermissionDenied("Your token is narrowed to some topics; this takes one that is not.")
        return asking

    return required
