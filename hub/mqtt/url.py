"""Where a broker is and how to sign in there."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """`mqtt://user:password@host:port`; `mqtts://` is TLS. Its string and repr leave user and password out."""

    host: str
    port: int
    tls: bool
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> "BrokerUrl":
        """The address of its URL; raises ValueError with a sentence that does not repeat the password."""
        parts = urlsplit(text)
        if parts.scheme not in DEFAULT_PORTS:
            raise ValueError("A broker's URL begins with mqtt:// or mqtts://.")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("A broker's URL ends with its port: mqtt://user:password@host:port.")
        if not parts.hostname:
            raise ValueError("A broker's URL names a host: mqtt://host:port.")
        try:
            port = parts.port or DEFAULT_PORTS[parts.scheme]
        except ValueError:
            raise ValueError("The port in a broker's URL is a number from 1 to 65535.") from None
        user = None if parts.username is None else unquote(parts.username)
        password = None if parts.password is None else unquote(parts.password)
        return cls(parts.hostname, port, parts.scheme == "mqtts", user, password)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"
