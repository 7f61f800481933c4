"""The hub that is measured: a given one, or one of its own that is started for it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hub.bench.usage import Usage
from hub.errors import BAD_REQUEST, HubError
from hub.mqtt.url import BrokerUrl

PORTS = {"ws": 80, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a hub and its broker are, how to sign in, and what the processes use (of a given hub's: unknown)."""

    host: str
    port: int
    path: str
    token: str = field(repr=False)
    broker: BrokerUrl
    usage: Usage = field(default_factory=lambda: Usage({}))


def given_target(url: str, *, broker: str | None, token: str) -> Target:
    """The target of a WebSocket's (or the hub's) URL; raises HubError for what the load generator can't speak."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise HubError(
            f"{url[:80]!r} is not the URL of a hub that can be measured: ws://host:port/ws. The load generator speaks "
            "no TLS; measure behind the proxy that does.",
            code=BAD_REQUEST,
        )
    path = parts.path if parts.path not in ("", "/") else "/ws"
    return Target(parts.hostname, port or PORTS[parts.scheme], path, token, _broker(broker or parts.hostname))


def _broker(text: str) -> BrokerUrl:
    try:
        found = BrokerUrl.parse(text if "://" in text else f"mqtt://{text}")
    except ValueError as error:
        raise HubError(str(error), code=BAD_REQUEST) from None
    if found.tls:
        raise HubError("The load generator speaks no TLS to a broker; give an mqtt:// address.", code=BAD_REQUEST)
    return found
