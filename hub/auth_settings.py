"""The settings of sign-in, read into what checks tokens and maps roles."""

from collections.abc import Mapping

from hub.auth import Keys, Role
from hub.settings import InvalidSettings, Settings, auth_secret
from hub.signatures import PublicKey, public_keys_of_pem


def auth_keys(settings: Settings) -> Keys:
    """What tokens are signed and checked with; raises InvalidSettings for a key file that can't be used."""
    return Keys(
        auth_secret(settings),
        public=tuple(_public_keys(settings)),
        audience=settings.auth_audience,
        issuer=settings.auth_issuer,
    )


def _public_keys(settings: Settings) -> list[PublicKey]:
    found = []
    for path in settings.auth_public_keys:
        try:
            found += public_keys_of_pem(path.read_bytes())
        except OSError as error:
            raise InvalidSettings(f"HUB_AUTH_PUBLIC_KEYS: {path} can't be read ({error.strerror}).") from error
        except ValueError as error:
            raise InvalidSettings(f"HUB_AUTH_PUBLIC_KEYS: {path} is no file of public keys: {error}.") from error
    return found


def oidc_roles(settings: Settings) -> Mapping[str, Role]:
    """The role of each value of the provider's claim; `*` stands for whoever it signs in."""
    return {value: Role.of(role) for value, _, role in (entry.rpartition("=") for entry in settings.oidc_roles)}


def oidc_secret(settings: Settings) -> str | None:
    """The client's secret, from the setting or its file; None for a public client. Raises InvalidSettings."""
    if settings.oidc_client_secret is not None:
        return settings.oidc_client_secret.get_secret_value()
    path = settings.oidc_client_secret_file
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"HUB_OIDC_CLIENT_SECRET_FILE: {path} can't be read.") from error
