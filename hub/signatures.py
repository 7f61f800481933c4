"""Signatures of tokens (RFC 7515): each key checks exactly one algorithm, so that no header can choose another."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import jwt
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

HS256: Final = "HS256"
RS256: Final = "RS256"
ES256: Final = "ES256"
EDDSA: Final = "EdDSA"

MIN_RSA_BITS = 2048
MAX_PUBLIC_KEYS = 64
"""Public keys that are taken from one document; further ones are passed over."""

_PEM_BEGIN = b"-----BEGIN "
_PEM_PUBLIC = _PEM_BEGIN + b"PUBLIC KEY-----"
_PUBLIC_MEMBERS = frozenset({"kty", "crv", "n", "e", "x", "y"})

Key = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


class InvalidSignature(ValueError):
    """What is no token, or is not signed by a key that is known."""


class UnknownKey(InvalidSignature):
    """A token whose key is not there: it may have been published since."""


class _AnyLength(HMACAlgorithm):
    """HMAC over the bytes of any secret, as they are: what strength a secret needs is its owner's to choose."""

    def prepare_key(self, key: str | bytes) -> bytes:
        return key.encode() if isinstance(key, str) else key

    def check_key_length(self, key: bytes) -> None:
        """Find nothing to say about any length."""


def _signatures() -> jwt.PyJWS:
    # `none` and all that is not registered is unknown, whatever a header asks for.
    signatures = jwt.PyJWS(algorithms=[])
    signatures.register_algorithm(HS256, _AnyLength(HMACAlgorithm.SHA256))
    signatures.register_algorithm(RS256, RSAAlgorithm(RSAAlgorithm.SHA256))
    signatures.register_algorithm(ES256, ECAlgorithm(ECAlgorithm.SHA256, SECP256R1))
    signatures.register_algorithm(EDDSA, OKPAlgorithm())
    return signatures


_SIGNATURES: Final = _signatures()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures of one algorithm; `kid` is its name where it has one."""

    algorithm: str
    key: Key = field(repr=False)
    kid: str | None = None


def sign(payload: bytes, secret: bytes) -> str:
    """A token with this payload, signed with HS256."""
    return _SIGNATURES.encode(payload, secret, algorithm=HS256)


def named_by(token: str) -> tuple[str, str | None]:
    """The algorithm and the key that a token names; nothing of it is proved. Raises InvalidSignature."""
    return _read_header(token.partition(".")[0])


@lru_cache(maxsize=1024)
def _read_header(encoded: str) -> tuple[str, str | None]:
    # Remembered, as all tokens of one issuer begin alike.
    try:
        header = orjson.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError:
        raise InvalidSignature("this is no token") from None
    if not isinstance(header, dict):
        raise InvalidSignature("this is no token")
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or "crit" in header:
        raise InvalidSignature("the token names no algorithm, or asks for more than this hub knows")
    return algorithm, kid if isinstance(kid, str) else None


def by_secret(token: str, secret: bytes) -> dict[str, Any]:
    """The claims of a token that was signed with HS256 and the secret; raises InvalidSignature."""
    named_by(token)
    return _claims(_payload(token, secret, HS256))


def by_public_key(token: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The claims of a token that one of the keys has signed; raises InvalidSignature, or UnknownKey.

    A token that names a key is checked with the keys of that name and with those that have none.
    """
    algorithm, kid = named_by(token)
    fits = [key for key in keys if key.algorithm == algorithm and (kid is None or key.kid in {None, kid})]
    for key in fits:
        try:
            payload = _payload(token, key.key, key.algorithm)
        except InvalidSignature:
            continue
        return _claims(payload)
    if any(key.kid == kid for key in fits):
        raise InvalidSignature("the signature is wrong")
    raise UnknownKey("no key of that name and algorithm is known")


def _payload(token: str, key: Key | bytes, algorithm: str) -> bytes:
    try:
        payload: bytes = _SIGNATURES.decode(token, key, algorithms=[algorithm])
    except (PyJWTError, ValueError):
        raise InvalidSignature("the signature is wrong") from None
    return payload


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise InvalidSignature("the token is no JSON") from None
    if not isinstance(claims, dict):
        raise InvalidSignature("the token is no JSON object")
    return claims


def public_keys_of_pem(text: bytes) -> list[PublicKey]:
    """The public keys of a PEM file, one or several; ValueError for any that this hub has no algorithm for."""
    blocks = [_PEM_BEGIN + block for block in text.split(_PEM_BEGIN)[1:]]
    if not blocks or not all(block.startswith(_PEM_PUBLIC) for block in blocks):
        raise ValueError(f"it is not made of blocks that begin with '{_PEM_PUBLIC.decode()}'")
    return [_of_pem(block) for block in blocks]


def _of_pem(block: bytes) -> PublicKey:
    try:
        key = load_pem_public_key(block)
    except UnsupportedAlgorithm as error:
        raise ValueError("it has a key of an unknown kind") from error
    return _fit(key, None)


def public_keys_of_jwks(document: object) -> list[PublicKey]:
    """The keys of a JWK set (RFC 7517) that check signatures with an algorithm of this hub; others are passed over.

    ValueError where the document is no JWK set. Symmetric keys are never taken: they would be public.
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("it is no JWK set")  # noqa: TRY004 - what another server says wrongly is no mistake of types
    return list(_fitting(entries[:MAX_PUBLIC_KEYS]))


def _fitting(entries: Sequence[object]) -> Iterator[PublicKey]:
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        kid = entry.get("kid")
        # Without the private members that somebody published by mistake: a private key would sign, not check.
        members = {name: value for name, value in entry.items() if name in _PUBLIC_MEMBERS}
        try:
            key = _fit(jwt.PyJWK(members).key, kid if isinstance(kid, str) else None)
        except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if entry.get("alg", key.algorithm) == key.algorithm:
            yield key


def _fit(key: object, kid: str | None) -> PublicKey:
    if isinstance(key, RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise ValueError(f"it has an RSA key of {key.key_size} bits; at least {MIN_RSA_BITS} are safe")
        return PublicKey(RS256, key, kid)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return PublicKey(ES256, key, kid)
    if isinstance(key, Ed25519PublicKey):
        return PublicKey(EDDSA, key, kid)
    raise ValueError("it has a key that is none of RSA, P-256 and Ed25519")
