import hashlib

import pytest

from hub.api_keys import MAX_NAME_CHARS, NEVER_S, digest, identity_of, is_api_key, new_key
from hub.auth import Identity, Role
from hub.errors import HubError
from hub.store.base import ApiKey

NOW_MS = 1_732_412_345_678


def make(
    name: str = "script", *, expires_s: int | None = None, subscribe: list[str] | None = None
) -> tuple[str, ApiKey]:
    return new_key(
        name,
        Role.OPERATOR,
        subscribe=subscribe,
        publish=None,
        expires_s=expires_s,
        now_ms=NOW_MS,
        randomness=bytes(range(32)),
    )


def test_only_the_digest_of_a_secret_is_kept() -> None:
    secret, key = make()
    assert (is_api_key(secret), secret[:4], len(secret)) == (True, "hub_", 47)
    assert key.digest == digest(secret) == hashlib.sha256(secret.encode()).hexdigest()
    assert key.id == key.digest[:12]
    assert secret not in repr(key)
    assert not is_api_key("eyJhbGciOiJIUzI1NiJ9.e30.x")


def test_a_key_has_an_identity_of_its_own() -> None:
    _, key = make(subscribe=["b", "a"])
    assert identity_of(key) == Identity("key:script", Role.OPERATOR, NEVER_S, subscribe=("a", "b"), key_id=key.id)
    _, key = make(expires_s=NOW_MS // 1000 + 1)
    assert identity_of(key).expires_s == NOW_MS // 1000 + 1


@pytest.mark.parametrize("name", ["", " a", "x" * (MAX_NAME_CHARS + 1)])
def test_names_that_are_unfit(name: str) -> None:
    with pytest.raises(HubError):
        make(name)


@pytest.mark.parametrize("expires_s", [0, NOW_MS // 1000, NEVER_S + 1])
def test_it_expires_in_the_future(expires_s: int) -> None:
    with pytest.raises(HubError):
        make(expires_s=expires_s)


def test_filters_are_checked() -> None:
    with pytest.raises(HubError):
        make(subscribe=["a/#/b"])
