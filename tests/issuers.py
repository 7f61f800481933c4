"""Others who sign tokens: key pairs, and an OpenID provider with real HTTP, real keys and real tokens."""

import asyncio
import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.running import until
from tests.servers import free_port

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class KeyPair:
    """A key that signs with one algorithm, and what is published of it."""

    algorithm: str
    private: Private
    kid: str

    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwk(self) -> dict[str, Any]:
        public: Any = self.private.public_key()
        kind: Any = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}[self.algorithm]
        made: dict[str, Any] = kind.to_jwk(public, as_dict=True)
        return {**made, "kid": self.kid, "use": "sig"}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers={"kid": self.kid, **header})


@cache
def key_pair(algorithm: str, kid: str = "one") -> KeyPair:
    """A key pair of its own for each algorithm and name; made once, as RSA takes its time."""
    private: Private
    if algorithm == "RS256":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif algorithm == "ES256":
        private = ec.generate_private_key(ec.SECP256R1())
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    return KeyPair(algorithm, private, kid)


@dataclass
class Issuer:
    """An OpenID provider that signs in whom it is told to (`claims`), with the code flow and PKCE."""

    port: int
    pairs: list[KeyPair] = field(default_factory=lambda: [key_pair("RS256")])
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "preferred_username": "anna"})
    changes: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    client: tuple[str, str] = ("hub", "s:cret/ %")
    ways: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    now_s: float = 0
    fetched: int = 0
    down: bool = False
    pages: dict[str, dict[str, str]] = field(default_factory=dict)
    published: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/keys"

    def application(self) -> FastAPI:
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self.discover)
        app.get("/keys")(self.keys)
        app.get("/authorize")(self.authorize)
        app.post("/token")(self.token)
        return app

    async def discover(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": self.jwks_url,
            "token_endpoint_auth_methods_supported": list(self.ways),
            **self.published,
        }

    async def keys(self) -> Response:
        self.fetched += 1
        if self.down:
            return Response("closed", 503)
        return Response(json.dumps({"keys": [pair.jwk() for pair in self.pairs]}), media_type="application/json")

    async def authorize(self, request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.pages)}"
        self.pages[code] = asked
        said = {"error": self.error} if self.error else {"code": code}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}")

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.pages.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = self._client(request, form) == self.client
        if asked is None or not known or asked["code_challenge"] != challenge:
            return Response('{"error":"invalid_grant"}', 400)
        if form["redirect_uri"] != asked["redirect_uri"]:
            return Response('{"error":"invalid_grant"}', 400)
        claims = {"iss": self.url, "aud": form["client_id"], "iat": int(self.now_s), "exp": int(self.now_s) + 300}
        said = {**claims, "nonce": asked["nonce"], **self.claims, **self.changes}
        said = {name: value for name, value in said.items() if value is not None}
        answer = {"id_token": self.pairs[0].sign(said), "access_token": "opaque", "token_type": "Bearer"}
        return Response(json.dumps(answer), media_type="application/json")

    @staticmethod
    def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
        header = request.headers.get("authorization", "")
        if header.startswith("Basic "):
            name, _, secret = b64decode(header[6:]).decode().partition(":")
            return unquote(name), unquote(secret)
        return form["client_id"], form.get("client_secret", "")


@asynccontextmanager
async def issuer(**fields: Any) -> AsyncIterator[Issuer]:
    """A provider that runs."""
    found = Issuer(free_port(), **fields)
    config = uvicorn.Config(found.application(), host="127.0.0.1", port=found.port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    # Signals are the test runner's.
    serving = asyncio.create_task(server._serve())
    try:
        await until(lambda: server.started)
        yield found
    finally:
        server.should_exit = True
        await serving
