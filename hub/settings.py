"""Every option of the hub, each declared once: name, type, default and one sentence."""

import difflib
import logging
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from hub.allowance import CONNECTIONS
from hub.errors import BAD_REQUEST, HubError
from hub.setting_kinds import (
    MAX_PORT,
    ROLES,
    Addresses,
    ClientId,
    EngineUrl,
    Filters,
    HostPort,
    Kind,
    MqttUrl,
    Names,
    Origins,
    Paths,
    RoleMap,
    Roles,
    StoreUrl,
    Text,
    WebUrl,
)

log = logging.getLogger(__name__)

PREFIX = "HUB_"
ENV_FILE = ".env"
OF_CLIENTS = frozenset({"HUB_TOKEN", "HUB_URL"})
"""What `hub tail` and `hub publish` read; no settings of the hub itself."""
STORE_FILE = "hub.db"
SECRET_FILE = "auth_secret"  # noqa: S105 - the name of a file
NOT_TOLD = "(not told)"
"""Stands for a setting that is a secret, or may have one in it."""


class InvalidSettings(HubError):
    """Settings that can't be used; the sentence names each and says what to do."""

    code = BAD_REQUEST


Number = Annotated[int, Kind("whole number")]


class Settings(BaseSettings):
    """The hub's options, from environment variables `HUB_…` and from the file `.env` of the working directory."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    mqtt_url: MqttUrl = Field(
        default=None,
        repr=False,
        description="The broker, as in `mqtt://user:password@host:1883`; unset: the embedded one.",
    )
    mqtt_listen: HostPort = Field(
        default="127.0.0.1:1883",
        description="Where the embedded broker listens; unset and a broker answers there already: that one is used.",
    )
    mqtt_filters: Filters = Field(default=("#",), description="What the hub subscribes to at the broker.")
    mqtt_client_id: ClientId = Field(
        default="hub",
        description="The hub's MQTT client id; the broker keeps a session for it, so it must stay the same.",
    )
    engine_url: EngineUrl = Field(
        default=None,
        repr=False,
        description="The Redis of the log, as in `redis://host:6379`; unset: a file, for one process.",
    )
    store_url: StoreUrl = Field(
        default=None,
        repr=False,
        description="Where history and users are, as in `postgresql://user:password@host/hub`; unset: SQLite.",
    )
    data_dir: Annotated[Path, Kind("directory")] = Field(
        default=Path("./data"), description="Where the hub keeps its files; made at the first start."
    )
    http_host: Annotated[str, Kind("address")] = Field(
        default="127.0.0.1",
        description="The address the dashboard and the API listen on; `0.0.0.0` is all of this machine.",
    )
    http_port: Number = Field(
        default=8000, ge=1, le=MAX_PORT, description="The port the dashboard and the API listen on."
    )
    http_origins: Origins = Field(
        default=frozenset(), description="Other origins whose pages may use this hub, as in `https://example.org`."
    )
    auth_secret: Annotated[SecretStr | None, Kind("text")] = Field(
        default=None,
        description=f"What tokens are signed with (HS256); unset: generated once, kept in `<data dir>/{SECRET_FILE}`.",
    )
    auth_public_keys: Paths = Field(
        default=(),
        description="PEM files of others' public keys whose tokens hold too (RS256, ES256, EdDSA: each key its own).",
    )
    auth_jwks_url: WebUrl = Field(
        default=None,
        description="Where such keys are published, as in `https://id.example/keys`; followed as they change.",
    )
    auth_audience: Text = Field(default=None, description="What the claim `aud` of every token must name; unset: any.")
    auth_issuer: Text = Field(default=None, description="What the claim `iss` of every token must be; unset: any.")
    oidc_issuer: WebUrl = Field(
        default=None,
        description="The OpenID provider to sign in with, as in `https://id.example`; unset: passwords only.",
    )
    oidc_client_id: Text = Field(default=None, description="What the hub is called at that provider.")
    oidc_client_secret: Annotated[SecretStr | None, Kind("text")] = Field(
        default=None, repr=False, description="The hub's secret at that provider; unset: a public client."
    )
    oidc_client_secret_file: Annotated[Path | None, Kind("file")] = Field(
        default=None, description="A file that holds that secret instead."
    )
    oidc_user_claim: Annotated[str, Kind("text")] = Field(
        default="preferred_username", min_length=1, description="The claim that gives the user's name."
    )
    oidc_role_claim: Annotated[str, Kind("text")] = Field(
        default="groups",
        min_length=1,
        description="The claim that decides the role, as in `groups` or `realm_access.roles`.",
    )
    oidc_roles: RoleMap = Field(
        default=(), description="Its values with their roles, as in `admins=admin,*=viewer`; others are not let in."
    )
    token_ttl_s: Number = Field(default=43_200, ge=60, description="How long a sign-in lasts, in seconds.")
    roles: Roles = Field(default=frozenset(ROLES), description="What this process does.")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Kind("debug, info, warning or error")] = Field(
        default="info", description="How much the hub says on standard error."
    )
    event_log_max_bytes: Number = Field(
        default=1_000_000_000,
        ge=1_000_000,
        description="The size of the event log beyond which its oldest part is trimmed.",
    )
    event_log_max_age_s: Number = Field(
        default=86_400,
        ge=60,
        description="The age, in seconds, from which the event log is trimmed: how far recovery reaches.",
    )
    devices: Annotated[Literal["all", "approve"], Kind("all or approve")] = Field(
        default="all", description="`approve`: what a new device says is held back until an operator approves it."
    )
    mappings_file: Annotated[Path | None, Kind("file")] = Field(
        default=None, description="A YAML file of mappings for topics that no decoder knows; SIGHUP reads it again."
    )
    command_approval: Names = Field(
        default=(), description="Ids or tags of devices whose commands a second operator has to approve."
    )
    history_days: Number = Field(default=30, ge=0, description="How many days of history are kept; 0: all.")
    events_days: Annotated[int | None, Kind("whole number")] = Field(
        default=None,
        ge=0,
        description="How many days all but values (chat, alarms, commands, …) are kept; 0: all; unset: as history.",
    )
    minutes_days: Number = Field(
        default=365,
        ge=0,
        description="How many days rollups of minutes are kept, those of hours and days for ever; 0: all.",
    )
    history_keep_bytes: Number = Field(
        default=0,
        ge=0,
        description="The size of `hub.db` beyond which the oldest values are deleted, and nothing else; 0: any.",
    )
    history_max_bytes: Number = Field(
        default=0,
        ge=0,
        description="The size of history beyond which values are not kept, but alarms, chat and all else are; 0: any.",
    )
    trusted_proxies: Addresses = Field(
        default=("127.0.0.1", "::1"),
        description="Proxies, or their networks, whose `X-Forwarded-For` says where a client is.",
    )
    connections_per_user: Number = Field(
        default=CONNECTIONS,
        ge=1,
        description="How many connections one user may have on a process, over all transports.",
    )
    connections_per_address: Number = Field(
        default=CONNECTIONS,
        ge=1,
        description="How many may come from one address (IPv6: one /64 network); a whole site may be behind one.",
    )
    session_max_bytes: Number = Field(
        default=4_000_000, ge=65_536, description="How much may wait for one dashboard before it is closed as `slow`."
    )

    @property
    def mqtt_listen_given(self) -> bool:
        """Whether the operator chose where the embedded broker listens, so that no other broker may stand in for it."""
        return "mqtt_listen" in self.model_fields_set

    @property
    def store_path(self) -> Path:
        """The SQLite file of history and users."""
        return self.data_dir / STORE_FILE

    def prepare(self) -> Self:
        """Make the data directory where it is missing, for its owner only; raises InvalidSettings."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidSettings(f"{self.data_dir} can't be made ({error.strerror}); see HUB_DATA_DIR.") from error
        return self


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def load() -> Settings:
    """Read the settings; raises InvalidSettings. Each unknown `HUB_` variable is warned of, with the nearest name."""
    for name in unknown((*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars)):
        known = [variable(field) for field in Settings.model_fields]
        nearest = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else "`hub settings` lists them all."
        log.warning("%s is not a setting of the hub: %s", name, hint)
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings(" ".join(_sentence(dict(detail)) for detail in error.errors())) from None


def unknown(names: Iterable[str]) -> list[str]:
    """Those of the environment's names that begin like a setting and are none, sorted and in capitals."""
    capitals = {name.upper() for name in names if name.upper().startswith(PREFIX)}
    return sorted(capitals - OF_CLIENTS - {variable(field) for field in Settings.model_fields})


def _sentence(detail: dict[str, object]) -> str:
    location = detail["loc"]
    field = str(location[0]) if isinstance(location, tuple) else ""
    reason = str(detail["msg"]).removeprefix("Value error, ").replace("Input should", "it should")
    # A URL may hold a password, and a secret is one.
    shown = Settings.model_fields[field].repr and field != "auth_secret"
    return f"{variable(field)} is {detail['input']!r}: {reason}." if shown else f"{variable(field)}: {reason}."


def without_secrets(settings: Settings) -> dict[str, Any]:
    """The settings by name; instead of a secret, or of a URL that may have one in it, that it is not told."""
    told = settings.model_dump(mode="json")
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value is not None and (isinstance(value, SecretStr) or not field.repr):
            told[name] = NOT_TOLD
    return told


def auth_secret(settings: Settings) -> bytes:
    """What tokens are signed with: HUB_AUTH_SECRET, else a generated key that is kept in the data directory (0600).

    Raises InvalidSettings where the file can't be read or made.
    """
    if settings.auth_secret is not None:
        return settings.auth_secret.get_secret_value().encode("utf-8", "surrogateescape")
    path = settings.prepare().data_dir / SECRET_FILE
    try:
        if not path.exists():
            _generate(path)
        secret = path.read_bytes().strip()
    except OSError as error:
        raise InvalidSettings(f"{path} can't be read or made ({error.strerror}); see HUB_DATA_DIR.") from error
    if not secret:
        raise InvalidSettings(f"{path} is empty; remove it and a new one is made, which ends all sign-ins.")
    return secret


def _generate(path: Path) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(descriptor, "w") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(descriptor)
        # Processes that start together share the directory: the first link stands, and all read that one.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
