from pathlib import Path
from typing import Any

import pytest

from hub.auth import Role
from hub.auth_settings import auth_keys, oidc_roles, oidc_secret
from hub.settings import InvalidSettings
from tests.issuers import key_pair
from tests.running import running, settings_for

OIDC: dict[str, Any] = {"oidc_issuer": "https://id.example", "oidc_client_id": "hub"}


def test_keys_of_several_files(tmp_path: Path) -> None:
    paths = (tmp_path / "one.pem", tmp_path / "two.pem")
    paths[0].write_bytes(key_pair("RS256").pem())
    paths[1].write_bytes(key_pair("ES256").pem() + key_pair("EdDSA").pem())
    keys = auth_keys(settings_for(tmp_path, auth_public_keys=paths, auth_audience="hub"))
    assert [key.algorithm for key in keys.public] == ["RS256", "ES256", "EdDSA"]
    assert (keys.audience, keys.issuer) == ("hub", None)


@pytest.mark.parametrize(("content", "told"), [(None, "can't be read"), (b"hello", "no file of public keys")])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "keys.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidSettings, match=f"HUB_AUTH_PUBLIC_KEYS.*{told}"):
        auth_keys(settings_for(tmp_path, auth_public_keys=(path,)))


def test_roles_of_claims(tmp_path: Path) -> None:
    roles = oidc_roles(settings_for(tmp_path, oidc_roles=("cn=ops,dc=x=operator", "*=viewer")))
    assert roles == {"cn=ops,dc=x": Role.OPERATOR, "*": Role.VIEWER}


def test_where_the_secret_is(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    assert oidc_secret(settings_for(tmp_path)) is None
    assert oidc_secret(settings_for(tmp_path, oidc_client_secret_file=path)) == "from a file"
    assert oidc_secret(settings_for(tmp_path, oidc_client_secret_file=path, oidc_client_secret="given")) == "given"
    with pytest.raises(InvalidSettings, match="HUB_OIDC_CLIENT_SECRET_FILE"):
        oidc_secret(settings_for(tmp_path, oidc_client_secret_file=tmp_path))


async def test_a_hub_starts_while_its_provider_is_away(tmp_path: Path) -> None:
    away = "http://127.0.0.1:1"
    chosen = settings_for(tmp_path, **OIDC | {"oidc_issuer": away}, auth_jwks_url=away, oidc_client_secret="s3cret")
    async with running(chosen) as hub:
        auth = hub.hub.auth
        assert auth.provider is not None
        assert "s3cret" not in repr(auth.provider.client)
        await auth.provider.jwks.settled()
        assert auth.jwks is not None
        await auth.jwks.settled()
        failures = {(name, of): number for name, of, number in auth.readings()}
        assert failures["hub_public_key_failures", "tokens"] >= 1
        assert failures["hub_public_key_failures", "sign-in"] >= 1
        assert b'hub_public_key_failures_total{of="tokens"}' in hub.hub.metrics.render()


async def test_a_provider_needs_the_hub_to_have_a_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="HUB_OIDC_CLIENT_ID"):
        async with running(settings_for(tmp_path, oidc_issuer="https://id.example")):
            pass
