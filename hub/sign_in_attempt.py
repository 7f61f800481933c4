"""One sign-in at an OpenID provider that is under way."""

import secrets
from dataclasses import dataclass, field

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Attempt:
    """What only this browser and the hub know of it: state, nonce and the verifier of PKCE (RFC 7636)."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str

    @classmethod
    def new(cls, redirect_uri: str) -> "Attempt":
        """An attempt whose answer the provider sends to this URI."""
        state, nonce, verifier = (secrets.token_urlsafe(TOKEN_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, redirect_uri)
