"""Which pages may use a browser's sign-in here: the hub's own, and those that the operator named."""

from urllib.parse import urlsplit


def allowed(origin: str | None, host: str, origins: frozenset[str]) -> bool:
    """Whether a request's Origin header fits: absent (no browser), of the Host it was sent to, or listed."""
    if origin is None or origin in origins:
        return True
    return urlsplit(origin).netloc == host and bool(host)
