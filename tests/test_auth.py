import hmac
import json
from base64 import urlsafe_b64encode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.auth import (
    MAX_NARROWING,
    MAX_USER_CHARS,
    Identity,
    Keys,
    Role,
    UnknownSigner,
    View,
    may,
    narrowing,
    sees,
    sign,
    trusts,
    validate_user,
    verify,
    view_of,
)
from hub.errors import BAD_REQUEST, INVALID_TOKEN, TOKEN_EXPIRED, HubError, InvalidFilter, Unauthorized
from hub.signatures import public_keys_of_jwks
from hub.topics import matches
from tests.issuers import key_pair

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


def test_everything_a_token_says_comes_back() -> None:
    identity = Identity(
        "anna",
        Role.OPERATOR,
        LATER_S,
        subscribe=("chat/ops", "telemetry/+"),
        publish=(),
        issued_ms=1_732_412_345_123,
        signed_in=True,
    )
    keys = Keys(KEYS.secret, audience="hub", issuer="https://hub.example")
    assert verify(sign(identity, keys), keys, now_s=NOW_S) == identity
    assert identity.narrowed
    assert not OPERATOR.narrowed


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_of_somebody_else_with_a_known_key_holds(algorithm: str) -> None:
    pair = key_pair(algorithm)
    keys = Keys(KEYS.secret, public=tuple(public_keys_of_jwks({"keys": [pair.jwk()]})))
    identity = verify(pair.sign(claims(use="sign-in")), keys, now_s=NOW_S)
    assert identity == Identity("anna", Role.OPERATOR, LATER_S)
    assert refused(pair.sign(claims())).code is INVALID_TOKEN
    with pytest.raises(UnknownSigner):
        verify(pair.sign(claims(), kid="two"), keys, now_s=NOW_S)
    other = key_pair(algorithm, "other")
    with pytest.raises(Unauthorized) as caught:
        verify(other.sign(claims(), kid="one"), keys, now_s=NOW_S)
    assert not isinstance(caught.value, UnknownSigner)


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"aud": "hub", "iss": "me"}, True),
        ({"aud": ["other", "hub"], "iss": "me"}, True),
        ({"iss": "me"}, False),
        ({"aud": "other", "iss": "me"}, False),
        ({"aud": {"hub": 1}, "iss": "me"}, False),
        ({"aud": "hub"}, False),
        ({"aud": "hub", "iss": "me "}, False),
    ],
)
def test_a_token_is_for_whom_it_says(changes: dict[str, object], holds: bool) -> None:  # noqa: FBT001 - a table's column
    keys = Keys(KEYS.secret, audience="hub", issuer="me")
    if holds:
        assert verify(token(claims(**changes)), keys, now_s=NOW_S).user == "anna"
        return
    with pytest.raises(Unauthorized) as caught:
        verify(token(claims(**changes)), keys, now_s=NOW_S)
    assert caught.value.code is INVALID_TOKEN


@pytest.mark.parametrize("filters", ["telemetry/+", [1], ["a/#/b"], ["a"] * (MAX_NARROWING + 1), {"a": 1}])
def test_what_narrows_is_a_list_of_filters(filters: object) -> None:
    with pytest.raises(InvalidFilter):
        narrowing(filters)
    assert refused(token(claims(subscribe=filters))).code is INVALID_TOKEN
    assert refused(token(claims(publish=filters))).code is INVALID_TOKEN


def test_a_narrowed_identity_may_less() -> None:
    narrow = Identity("anna", Role.ADMIN, LATER_S, subscribe=("telemetry/+", "system/#"), publish=("chat/ops",))
    asked = ["telemetry/kitchen", "telemetry/+", "telemetry/#", "#", "chat/ops", "system/audit/#"]
    assert [may(narrow, "subscribe", one) for one in asked] == [True, True, False, False, False, True]
    assert [may(narrow, "publish", one) for one in ("chat/ops", "chat/hall", "telemetry/a")] == [True, False, False]
    silent = Identity("anna", Role.ADMIN, LATER_S, subscribe=(), publish=())
    assert not may(silent, "subscribe", "a")
    assert not may(silent, "publish", "chat/ops")


def test_who_sees_what() -> None:
    topics = ["telemetry/kitchen", "chat/ops", "system/nodes", "system/audit/sign-in", "system/access"]
    usual = [True, True, True, False, False]
    assert VIEWER.view is OPERATOR.view is None
    assert [sees(None, topic) for topic in topics] == usual
    assert ADMIN.view == View(admin=True, filters=None)
    assert [sees(ADMIN.view, topic) for topic in topics] == [True] * 5
    narrow = Identity("anna", Role.VIEWER, LATER_S, subscribe=("telemetry/+", "system/#"))
    assert [sees(narrow.view, topic) for topic in topics] == [True, False, True, False, False]


def test_a_private_room_is_for_its_members() -> None:
    topics = ["chat/~board", "chat/ops"]
    assert [sees(VIEWER.view, topic) for topic in topics] == [False, True]
    assert [sees(ADMIN.view, topic) for topic in topics] == [False, True]
    member = view_of(VIEWER, ["chat/+"], frozenset({"~board"}))
    assert [sees(member, topic) for topic in topics] == [True, True]


def test_read_markers_are_their_owner_s() -> None:
    asked = ["$read/viewer/ops", "$read/viewer/#", "$read/operator/ops", "$read/+/ops", "$read/#"]
    assert [may(VIEWER, "subscribe", one) for one in asked] == [True, True, False, False, False]
    assert [may(VIEWER, "publish", one) for one in ("$read/viewer/ops", "$read/operator/ops")] == [True, False]


@pytest.mark.parametrize(
    ("identity", "filters", "view"),
    [
        (VIEWER, ["#"], None),
        (ADMIN, ["telemetry/+", "chat/#"], None),
        (ADMIN, ["telemetry/+", "#"], View(admin=True, filters=None)),
        (ADMIN, ["system/+"], View(admin=True, filters=None)),
        (Identity("a", Role.VIEWER, 0, subscribe=("a/#",)), ["a/b", "a/+"], None),
        (Identity("a", Role.VIEWER, 0, subscribe=("a/#",)), ["a/b", "b"], View(admin=False, filters=("a/#",))),
        (Identity("a", Role.ADMIN, 0, subscribe=("#",)), ["system/audit/+"], View(admin=True, filters=None)),
        (Identity("a", Role.ADMIN, 0, subscribe=("b",)), ["a"], View(admin=False, filters=("b",))),
        (Identity("a", Role.ADMIN, 0, subscribe=("b",)), ["#"], View(admin=True, filters=("b",))),
    ],
)
def test_views_differ_only_where_filters_can_tell(identity: Identity, filters: list[str], view: View | None) -> None:
    assert view_of(identity, filters) == view
    for topic in ("a", "a/b", "b", "chat/x", "telemetry/x", "system/audit/x", "system/access", "system/nodes"):
        if any(matches(one, topic) for one in filters):
            assert sees(view, topic) is sees(identity.view, topic)


@pytest.mark.parametrize("origin", ["http://hub.example:8000", "https://HUB.example:8000", "https://other.example"])
def test_origins_that_are_trusted(origin: str) -> None:
    assert trusts(origin, host="hub.example:8000", allowed={"https://other.example"})


@pytest.mark.parametrize(
    "origin", ["", "null", "http://hub.example", "http://evil.example", "ftp://hub.example:8000", "http://"]
)
def test_origins_that_are_not(origin: str) -> None:
    assert not trusts(origin, host="hub.example:8000", allowed=frozenset())


@pytest.mark.parametrize(
    ("role", "topic_filter", "allowed"),
    [
        (Role.VIEWER, "$quarantine/+", False),
        (Role.OPERATOR, "$quarantine/+", True),
        (Role.OPERATOR, "$read/ivan/#", False),
        (Role.VIEWER, "registry/+", True),
    ],
)
def test_who_hears_of_devices_that_wait(role: Role, topic_filter: str, *, allowed: bool) -> None:
    assert may(Identity("anna", role, LATER_S), "subscribe", topic_filter) is allowed


@pytest.mark.parametrize(("role", "allowed"), [(Role.VIEWER, False), (Role.OPERATOR, True)])
def test_who_may_say_something_of_a_device(role: Role, *, allowed: bool) -> None:
    assert may(Identity("anna", role, LATER_S), "publish", "registry/kitchen") is allowed
    assert may(Identity("anna", role, LATER_S), "publish", "twin/kitchen") is allowed
