"""Signatures: every algorithm with its own key, and all the ways to have one taken for another."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from hub.signatures import (
    MAX_PUBLIC_KEYS,
    InvalidSignature,
    PublicKey,
    UnknownKey,
    by_public_key,
    by_secret,
    public_keys_of_jwks,
    public_keys_of_pem,
    sign,
)
from tests.issuers import KeyPair, key_pair

CLAIMS = {"sub": "anna"}
ALGORITHMS = ("RS256", "ES256", "EdDSA")
PAIRS = [key_pair(algorithm) for algorithm in ALGORITHMS]
SECRET = b"secret"


def pem(private: Any) -> bytes:
    public: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public


def forged(header: dict[str, Any], secret: bytes) -> str:
    """A token by HMAC with whatever header and secret."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, CLAIMS)]
    signed = b".".join(parts)
    signature = urlsafe_b64encode(hmac.digest(secret, signed, hashlib.sha256)).rstrip(b"=")
    return b".".join([signed, signature]).decode()


@pytest.mark.parametrize("pair", PAIRS, ids=ALGORITHMS)
def test_a_key_checks_what_its_pair_has_signed(pair: KeyPair) -> None:
    token = pair.sign(CLAIMS)
    for keys in (public_keys_of_pem(pair.pem()), public_keys_of_jwks({"keys": [pair.jwk()]})):
        assert by_public_key(token, keys) == CLAIMS
        assert "-" not in repr(keys[0].key) or "key" not in repr(keys)


@pytest.mark.parametrize("pair", PAIRS, ids=ALGORITHMS)
def test_another_key_of_that_name_does_not(pair: KeyPair) -> None:
    other = KeyPair(pair.algorithm, key_pair(pair.algorithm, "other").private, pair.kid)
    keys = public_keys_of_jwks({"keys": [pair.jwk()]})
    with pytest.raises(InvalidSignature) as caught:
        by_public_key(other.sign(CLAIMS), keys)
    assert not isinstance(caught.value, UnknownKey)


@pytest.mark.parametrize("pair", PAIRS, ids=ALGORITHMS)
def test_a_public_key_is_no_secret(pair: KeyPair) -> None:
    keys = public_keys_of_pem(pair.pem())
    for header in ({"alg": "HS256"}, {"alg": pair.algorithm}, {"alg": "none"}):
        token = forged(header, pair.pem())
        with pytest.raises(InvalidSignature):
            by_public_key(token, keys)
        with pytest.raises(InvalidSignature):
            by_secret(token, SECRET)


@pytest.mark.parametrize("pair", PAIRS, ids=ALGORITHMS)
def test_each_key_checks_its_own_algorithm_alone(pair: KeyPair) -> None:
    others = [PublicKey(other.algorithm, other.private.public_key(), None) for other in PAIRS if other is not pair]
    with pytest.raises(UnknownKey):
        by_public_key(pair.sign(CLAIMS), others)
    with pytest.raises(InvalidSignature):
        by_secret(pair.sign(CLAIMS), SECRET)


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
def test_other_algorithms_of_a_key_are_not_taken(algorithm: str) -> None:
    pair = key_pair("RS256")
    token = jwt.encode(CLAIMS, pair.private, algorithm=algorithm)
    with pytest.raises(InvalidSignature):
        by_public_key(token, public_keys_of_pem(pair.pem()))


def test_the_secret_checks_its_own() -> None:
    token = sign(b'{"sub":"anna"}', SECRET)
    assert by_secret(token, SECRET) == CLAIMS
    with pytest.raises(UnknownKey):
        by_public_key(token, public_keys_of_pem(PAIRS[0].pem()))


@pytest.mark.parametrize("payload", [b"[]", b"anna", b'{"a":'])
def test_claims_are_an_object(payload: bytes) -> None:
    with pytest.raises(InvalidSignature):
        by_secret(sign(payload, SECRET), SECRET)


@pytest.mark.parametrize(
    "token",
    ["", "a.b.c", "я", "WzFd.e30.x", forged({"typ": "JWT"}, SECRET), forged({"alg": "HS256", "crit": ["b64"]}, SECRET)],
)
def test_what_names_no_algorithm_or_asks_for_more_is_no_token(token: str) -> None:
    with pytest.raises(InvalidSignature):
        by_secret(token, SECRET)
    with pytest.raises(InvalidSignature):
        by_public_key(token, [])


def test_a_token_names_its_key() -> None:
    one, two = key_pair("ES256"), key_pair("ES256", "two")
    keys = public_keys_of_jwks({"keys": [one.jwk(), two.jwk()]})
    assert by_public_key(two.sign(CLAIMS), keys) == CLAIMS
    with pytest.raises(UnknownKey):
        by_public_key(two.sign(CLAIMS, kid="three"), keys)
    with pytest.raises(UnknownKey):
        by_public_key(two.sign(CLAIMS), keys[:1])


def test_a_token_that_names_no_key_is_tried_with_all() -> None:
    one, two = key_pair("ES256"), key_pair("ES256", "two")
    token = jwt.encode(CLAIMS, two.private, algorithm="ES256")
    keys = public_keys_of_jwks({"keys": [one.jwk(), two.jwk()]})
    assert by_public_key(token, keys) == CLAIMS
    with pytest.raises(UnknownKey):
        by_public_key(token, keys[:1])


def test_keys_without_a_name_check_any() -> None:
    one, two = key_pair("ES256"), key_pair("ES256", "two")
    keys = public_keys_of_pem(one.pem() + two.pem())
    assert [key.kid for key in keys] == [None, None]
    assert by_public_key(two.sign(CLAIMS), keys) == CLAIMS


def test_files_that_are_no_public_keys() -> None:
    private = key_pair("ES256").private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    unfit = [
        b"",
        b"hello",
        private,
        key_pair("ES256").pem() + private,
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        pem(small),
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed448.Ed448PrivateKey.generate()),
        pem(dsa.generate_private_key(key_size=2048)),
    ]
    for text in unfit:
        with pytest.raises(ValueError, match=r"it |PEM"):
            public_keys_of_pem(text)


def test_a_key_of_an_unknown_kind() -> None:
    # SubjectPublicKeyInfo with the object identifier 1.2.3.4, which names no algorithm.
    block = b"-----BEGIN PUBLIC KEY-----\nMAwwBQYDKgMEAwMAAAA=\n-----END PUBLIC KEY-----\n"
    with pytest.raises(ValueError, match="unknown kind"):
        public_keys_of_pem(block)


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, "keys"])
def test_documents_that_are_no_jwk_set(document: object) -> None:
    with pytest.raises(ValueError, match="no JWK set"):
        public_keys_of_jwks(document)


def test_keys_that_are_not_for_this_are_passed_over() -> None:
    good = key_pair("RS256").jwk()
    p384 = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
    ed448_key = OKPAlgorithm.to_jwk(ed448.Ed448PrivateKey.generate().public_key(), as_dict=True)
    others = [
        "key",
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "n": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": 2},
        {"kty": ["RSA"]},
        {**good, "use": "enc"},
        {**good, "alg": "RS512"},
        {**good, "alg": "HS256"},
        p384,
        ed448_key,
    ]
    assert public_keys_of_jwks({"keys": others}) == []
    assert [key.kid for key in public_keys_of_jwks({"keys": [*others, good]})] == ["one"]
    assert len(public_keys_of_jwks({"keys": [good] * (MAX_PUBLIC_KEYS + 1)})) == MAX_PUBLIC_KEYS


def test_a_private_key_that_was_published_checks_like_a_public_one() -> None:
    private: Any = key_pair("RS256").private
    made = RSAAlgorithm.to_jwk(private, as_dict=True)
    [key] = public_keys_of_jwks({"keys": [{**made, "kid": 7}]})
    assert isinstance(key.key, rsa.RSAPublicKey)
    assert key.kid is None
    assert by_public_key(key_pair("RS256").sign(CLAIMS), [key]) == CLAIMS
