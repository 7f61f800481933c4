"""Signatures of tokens (RFC 7515): each key checks exactly one algorithm, so that no header can choose another."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
import orjson
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

HS256: Final = "HS256"
RS256: Final = "RS256"
ES256: Final = "ES256"
EDDSA: Final = "EdDSA"

MIN_RSA_BITS = 2048
MAX_TOKEN_BYTES = 4096
MAX_KEYS = 64
"""Public keys that are taken from one document."""

_PEM_BEGIN = b"-----BEGIN "
_RSA, _EC, _OKP = RSAAlgorithm(RSAAlgorithm.SHA256), ECAlgorithm(ECAlgorithm.SHA256), OKPAlgorithm()


class InvalidSignature(ValueError):
    """What is no token, or is not signed by a key that is known."""


class UnknownKey(InvalidSignature):
    """A token that names a public key which is not there: it may have been published since."""


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
    signatures.register_algorithm(RS256, _RSA)
    signatures.register_algorithm(ES256, _EC)
    signatures.register_algorithm(EDDSA, _OKP)
    return signatures


_SIGNATURES: Final = _signatures()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures of one algorithm; `kid` is its name where it has one."""

    algorithm: str
    key: Any = field(repr=False)
    kid: str | None = None


def sign(payload: bytes, secret: bytes) -> str:
    """A token with this payload, signed with HS256."""
    return _SIGNATURES.encode(payload, secret, algorithm=HS256)


def algorithm_of(token: str) -> tuple[str, str | None]:
    """The algorithm and key that a token names; nothing of it is proved. Raises InvalidSignature."""
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidSignature("the token is too long")
    try:
        header = _SIGNATURES.get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError):
        raise InvalidSignature("this is no token") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or "crit" in header:
        raise InvalidSignature("the token names no algorithm, or asks for more than this hub does")
    return algorithm, kid if isinstance(kid, str) else None


def by_secret(token: str, secret: bytes) -> bytes:
    """The payload of a token that was signed with HS256 and the secret; raises InvalidSignature."""
    return _payload(token, secret, HS256)


def by_public_key(token: str, keys: Sequence[PublicKey]) -> bytes:
    """The payload of a token that one of the keys has signed; raises InvalidSignature, or UnknownKey.

    A token that names a key is checked with the keys of that name and with those that have none.
    """
    algorithm, kid = algorithm_of(token)
    fits = [key for key in keys if key.algorithm == algorithm and (kid is None or key.kid in {None, kid})]
    for key in fits:
        try:
            return _payload(token, key.key, key.algorithm)
        except InvalidSignature:
            continue
    if any(key.kid == kid for key in fits):
        raise InvalidSignature("the signature is wrong")
    raise UnknownKey("no key of that name and algorithm is known")


def _payload(token: str, key: Any, algorithm: str) -> bytes:
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidSignature("the token is too long")
    try:
        payload: bytes = _SIGNATURES.decode(token, key, algorithms=[algorithm])
    except (PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidSignature("the signature is wrong") from None
    return payload


def claims_of(payload: bytes) -> dict[str, Any]:
    """The claims of a payload; raises InvalidSignature where it is no JSON object."""
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
    if not blocks or any(not block.startswith(_PEM_BEGIN + b"PUBLIC KEY-----") for block in blocks):
        raise ValueError("it has no block that begins with '-----BEGIN PUBLIC KEY-----', or also others")
    return [_of_pem(block) for block in blocks]


def _of_pem(block: bytes) -> PublicKey:
    for algorithm, reader in ((RS256, _RSA), (ES256, _EC), (EDDSA, _OKP)):
        try:
            key = reader.prepare_key(block)
        except (PyJWTError, ValueError, TypeError):
            continue
        return _fit(algorithm, key, None)
    raise ValueError("it has a key that is none of RSA, P-256 and Ed25519")


def public_keys_of_jwks(document: object) -> list[PublicKey]:
    """The keys of a JWK set (RFC 7517) that check signatures with an algorithm of this hub; others are passed over.

    ValueError where the document is no JWK set. Symmetric keys are never taken: they would be public.
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise ValueError("it is no JWK set")
    return list(_fitting(entry for entry in entries[:MAX_KEYS] if isinstance(entry, dict)))


def _fitting(entries: Iterable[dict[str, Any]]) -> Iterable[PublicKey]:
    for entry in entries:
        kind = (entry.get("kty"), entry.get("crv"))
        algorithm, reader = _KINDS.get(kind if isinstance(entry.get("crv"), str) else (entry.get("kty"), None), _NONE)
        kid = entry.get("kid")
        if reader is None or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
            continue
        try:
            public = {name: value for name, value in entry.items() if name not in _PRIVATE_MEMBERS}
            yield _fit(algorithm, reader.from_jwk(public), kid if isinstance(kid, str) else None)
        except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
            continue


_Reader = RSAAlgorithm | ECAlgorithm | OKPAlgorithm | None
_NONE: tuple[str, _Reader] = ("", None)
_KINDS: Mapping[object, tuple[str, _Reader]] = {
    ("RSA", None): (RS256, _RSA),
    ("EC", "P-256"): (ES256, _EC),
    ("OKP", "Ed25519"): (EDDSA, _OKP),
}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})


def _fit(algorithm: str, key: Any, kid: str | None) -> PublicKey:
    if algorithm == RS256 and key.key_size < MIN_RSA_BITS:
        raise ValueError(f"it has an RSA key of {key.key_size} bits; at least {MIN_RSA_BITS} are safe")
    if algorithm == ES256 and key.curve.name != "secp256r1":
        raise ValueError(f"it has a key on the curve {key.curve.name}; ES256 is P-256")
    if algorithm == EDDSA and type(key).__name__.find("25519") < 0:
        raise ValueError("it has a key on another curve than Ed25519")
    return PublicKey(algorithm, key, kid)


MAX_TIME_S = 2**53
"""The largest whole second that every JSON reader keeps exactly."""


def is_time(value: object) -> bool:
    """Whether a claim is a time (RFC 7519 section 2, NumericDate) that this hub can keep."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= MAX_TIME_S
