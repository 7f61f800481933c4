import hmac
import json
from base64 import urlsafe_b64encode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.auth import MAX_USER_CHARS, Identity, Keys, Role, may, sign, trusts, validate_user, verify
from hub.errors import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, HubError, Unauthorized

KEYS = Keys(b"a secret of some length, for tests only")
NOW_S = 1_732_412_345.5
LATER_S = 1_732_412_346
VIEWER, OPERATOR, ADMIN = (Identity(role.value, role, LATER_S) for role in Role)


def part(content: object) -> bytes:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(text).rstrip(b"=")


def token(claims: object, *, header: object = None, secret: bytes = KEYS.secret, digest: str = "sha256") -> str:
    signed = part(header or {"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    return (signed + b"." + part(hmac.digest(secret, signed, digest))).decode()


def claims(**changes: object) -> dict[str, object]:
    said = {"sub": "anna", "role": "operator", "exp": LATER_S, **changes}
    return {name: value for name, value in said.items() if value is not None}


def refused(text: str) -> HubError:
    with pytest.raises(Unauthorized) as caught:
        verify(text, KEYS, now_s=NOW_S)
    return caught.value


def test_a_signed_identity_comes_back() -> None:
    identity = Identity("смена 2", Role.OPERATOR, LATER_S)
    assert verify(sign(identity, KEYS), KEYS, now_s=NOW_S) == identity


@pytest.mark.parametrize("secret", [b"s", b"short", b"\x00\xff", b"-----BEGIN PUBLIC KEY-----", b'{"kty":"oct"}'])
def test_any_secret_signs_by_its_bytes(secret: bytes) -> None:
    keys = Keys(secret)
    assert verify(sign(ADMIN, keys), keys, now_s=NOW_S) == ADMIN
    assert verify(token(claims(), secret=secret), keys, now_s=NOW_S).user == "anna"


def test_an_empty_secret_is_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        Keys(b"")


def test_keys_do_not_show_their_secret() -> None:
    assert "secret" not in repr(KEYS)


def test_a_token_made_elsewhere_with_the_secret_holds() -> None:
    expected = Identity("anna", Role.OPERATOR, LATER_S, issued_ms=1000)
    assert verify(token(claims(iat=1, jti="x")), KEYS, now_s=NOW_S) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        "я",
        "." * 5000,
        token(claims(), secret=b"another"),
        token(claims(), header={"alg": "HS512"}, digest="sha512"),
        token(claims(), header={"alg": "none"}),
        token(claims(), header={"alg": "none"}).rpartition(".")[0] + ".",
        token(claims(), header={"alg": "RS256"}),
        token(claims(), header={"typ": "JWT"}),
        token(claims(), header={"alg": ["HS256"]}),
        token(claims(), header={"alg": "HS256", "b64": False, "crit": ["b64"]}),
        token(claims(), header=b"[" * 2000),
        token(b"no json"),
        token(b"[" * 2000),
        token(["anna"]),
    ],
)
def test_what_is_no_token_of_ours_is_refused(text: str) -> None:
    assert refused(text).code is INVALID_TOKEN


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None},
        {"role": None},
        {"exp": None},
        {"sub": 7},
        {"sub": ""},
        {"sub": "a\x00"},
        {"role": ["admin"]},
        {"role": "root"},
        {"role": "Admin"},
        {"exp": str(LATER_S)},
        {"exp": True},
        {"exp": -1},
        {"exp": 1e300},
        {"exp": 10**30},
        {"nbf": "soon"},
        {"nbf": LATER_S},
    ],
)
def test_a_claim_that_is_missing_or_of_the_wrong_type_is_refused(changes: dict[str, object]) -> None:
    assert refused(token(claims(**changes))).code is INVALID_TOKEN


def test_a_token_holds_until_its_second() -> None:
    text = token(claims(exp=NOW_S + 0.25))
    assert verify(text, KEYS, now_s=NOW_S - 1).expires_s == int(NOW_S)
    assert refused(token(claims(exp=int(NOW_S)))).code is TOKEN_EXPIRED


def test_nbf_is_honoured() -> None:
    assert verify(token(claims(nbf=NOW_S)), KEYS, now_s=NOW_S).user == "anna"


@given(st.text())
def test_no_text_breaks_verify(text: str) -> None:
    assert refused(text).code is INVALID_TOKEN


def test_roles_grow() -> None:
    assert all(smaller < greater for smaller, greater in pairwise(Role))
    assert Role.OPERATOR >= Role.OPERATOR > Role.VIEWER


def test_roles_by_name() -> None:
    assert [Role.of(str(role)) for role in Role] == list(Role)
    with pytest.raises(HubError, match="viewer, operator, admin") as caught:
        Role.of("root")
    assert caught.value.code is BAD_REQUEST


@pytest.mark.parametrize("name", ["", " anna", "anna\n", "a\x00b", "a\u200bb", "x" * (MAX_USER_CHARS + 1)])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(HubError) as caught:
        validate_user(name)
    assert caught.value.code is BAD_REQUEST


def test_names_that_are_fine() -> None:
    assert [validate_user(name) for name in ("anna", "смена 2", "x" * MAX_USER_CHARS)]


@pytest.mark.parametrize("topic_filter", ["#", "+/+", "telemetry/+", "system/#", "system/nodes", "system/audits"])
def test_all_may_subscribe(topic_filter: str) -> None:
    assert all(may(identity, "subscribe", topic_filter) for identity in (VIEWER, OPERATOR, ADMIN))


@pytest.mark.parametrize("topic_filter", ["system/audit", "system/audit/#", "system/audit/+", "system/audit/users"])
def test_the_audit_is_for_admins(topic_filter: str) -> None:
    assert [may(identity, "subscribe", topic_filter) for identity in (VIEWER, OPERATOR, ADMIN)] == [False, False, True]


def test_operators_and_admins_write_into_rooms() -> None:
    assert [may(identity, "publish", "chat/ops") for identity in (VIEWER, OPERATOR, ADMIN)] == [False, True, True]


@pytest.mark.parametrize("topic", ["chat", "chat/", "chat/ops/x", "telemetry/kitchen", "chats/ops", "system/audit"])
def test_nobody_publishes_elsewhere(topic: str) -> None:
    assert not may(ADMIN, "publish", topic)


@pytest.mark.parametrize("origin", ["http://hub.example:8000", "https://HUB.example:8000", "https://other.example"])
def test_origins_that_are_trusted(origin: str) -> None:
    assert trusts(origin, host="hub.example:8000", allowed={"https://other.example"})


@pytest.mark.parametrize(
    "origin", ["", "null", "http://hub.example", "http://evil.example", "ftp://hub.example:8000", "http://"]
)
def test_origins_that_are_not(origin: str) -> None:
    assert not trusts(origin, host="hub.example:8000", allowed=frozenset())
