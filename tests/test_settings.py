import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hub.setting_kinds import ROLES
from hub.settings import InvalidSettings, Settings, auth_secret, load, unknown, variable
from tests.hub_command import isolate


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    isolate(monkeypatch, tmp_path)
    monkeypatch.delenv("HUB_DATA_DIR")


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(InvalidSettings) as caught:
        loaded(monkeypatch, **variables)
    return str(caught.value)


def test_nothing_set_is_one_process_on_loopback() -> None:
    settings = load()
    assert (settings.mqtt_url, settings.engine_url, settings.store_url, settings.auth_secret) == (None,) * 4
    assert (settings.mqtt_listen, settings.mqtt_filters, settings.mqtt_client_id) == ("127.0.0.1:1883", ("#",), "hub")
    assert (settings.http_host, settings.http_port, settings.http_origins) == ("127.0.0.1", 8000, frozenset())
    assert settings.data_dir == Path("data")
    assert settings.roles == frozenset(ROLES)
    assert not settings.mqtt_listen_given


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        HUB_MQTT_URL="mqtts://user:secret@broker:8883",
        HUB_MQTT_LISTEN="127.0.0.1:1883",
        HUB_MQTT_FILTERS="zigbee2mqtt/#, tele/+/+",
        HUB_MQTT_CLIENT_ID="hub-2",
        HUB_ENGINE_URL="redis+cluster://a:1,b:2",
        HUB_STORE_URL="postgresql:///hub",
        HUB_HTTP_PORT="9000",
        HUB_HTTP_ORIGINS="https://Example.org/, http://x.example:80,https://[::1]:8443",
        HUB_ROLES="api,recorder",
        HUB_LOG_LEVEL="debug",
        HUB_HISTORY_DAYS="0",
    )
    assert settings.mqtt_url == "mqtts://user:secret@broker:8883"
    assert settings.mqtt_listen_given
    assert settings.mqtt_filters == ("zigbee2mqtt/#", "tele/+/+")
    assert settings.engine_url == "redis+cluster://a:1,b:2"
    assert settings.http_port == 9000
    assert settings.http_origins == {"https://example.org", "http://x.example", "https://[::1]:8443"}
    assert settings.roles == {"api", "recorder"}


def test_the_settings_of_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        HUB_AUTH_PUBLIC_KEYS="a.pem, keys/b.pem",
        HUB_AUTH_JWKS_URL="https://id.example/keys",
        HUB_OIDC_ISSUER="https://id.example",
        HUB_OIDC_ROLES="ops=operator, *=viewer,admins=admin",
        HUB_OIDC_CLIENT_SECRET="hunter2",
    )
    assert settings.auth_public_keys == (Path("a.pem"), Path("keys/b.pem"))
    assert settings.oidc_roles == ("ops=operator", "*=viewer", "admins=admin")
    assert "hunter2" not in repr(settings)


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, HUB_MQTT_LISTEN="", HUB_AUTH_SECRET="", HUB_HTTP_PORT="")
    assert (settings.mqtt_listen_given, settings.auth_secret, settings.http_port) == (False, None, 8000)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HUB_HTTP_PORT=9000\nHUB_HTTP_HOST=0.0.0.0\nOTHER=1\n")
    settings = loaded(monkeypatch, HUB_HTTP_PORT="9001")
    assert (settings.http_port, settings.http_host) == (9001, "0.0.0.0")


def test_settings_made_by_hand_are_checked_too() -> None:
    assert Settings(mqtt_url=None, mqtt_filters=("a", "b")).mqtt_filters == ("a", "b")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HUB_HTTP_PORT", "abc", "'abc': it should be a valid integer"),
        ("HUB_HTTP_PORT", "65536", "less than or equal to 65535"),
        ("HUB_MQTT_LISTEN", "1883", "give host:port"),
        ("HUB_MQTT_LISTEN", "127.0.0.1:99999", "give host:port"),
        ("HUB_MQTT_LISTEN", ":1883", "give host:port"),
        ("HUB_MQTT_FILTERS", "a/#/b", "'#' elsewhere"),
        ("HUB_MQTT_FILTERS", ",", "at least one"),
        ("HUB_MQTT_CLIENT_ID", "a\tb", "printable"),
        ("HUB_HTTP_ORIGINS", "*", "without a path or a star"),
        ("HUB_HTTP_ORIGINS", "https://example.org/page", "without a path or a star"),
        ("HUB_HTTP_ORIGINS", "example.org", "give origins"),
        ("HUB_HTTP_ORIGINS", "https://example.org:99999", "give origins"),
        ("HUB_ROLES", "api,rule", "use 'all' or some of ingest, api, recorder"),
        ("HUB_ROLES", ",", "use 'all'"),
        ("HUB_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("HUB_MQTT_URL", "http://broker", "begins with mqtt:// or mqtts://"),
        ("HUB_MQTT_URL", "mqtt://", "begins with mqtt://"),
        ("HUB_ENGINE_URL", "memory:", "redis+cluster://"),
        ("HUB_STORE_URL", "mysql://x", "postgresql://"),
        ("HUB_OIDC_ROLES", "admins", "is not a role"),
        ("HUB_OIDC_ROLES", "=admin", "value=role"),
        ("HUB_OIDC_ISSUER", "id.example", "begins with http:// or https://"),
        ("HUB_TOKEN_TTL_S", "5", "greater than or equal to 60"),
    ],
)
def test_a_bad_value_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    text = refusal(monkeypatch, **{name: value})
    assert text.startswith(name)
    assert said in text


def test_all_bad_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = refusal(monkeypatch, HUB_HTTP_PORT="x", HUB_ROLES="y")
    assert "HUB_HTTP_PORT" in text
    assert "HUB_ROLES" in text


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in refusal(monkeypatch, HUB_MQTT_URL="http://user:hunter2@broker")
    assert "hunter2" not in repr(
        loaded(monkeypatch, HUB_MQTT_URL="mqtt://user:hunter2@broker", HUB_AUTH_SECRET="hunter2")
    )


def test_an_unknown_name_is_warned_of(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    Path(".env").write_text("HUB_QQQ=1\n")
    loaded(monkeypatch, HUB_HTTP_PROT="1", OTHER_HUB_X="1")
    assert caplog.messages == [
        "HUB_HTTP_PROT is not a setting of the hub: did you mean HUB_HTTP_PORT?",
        "HUB_QQQ is not a setting of the hub: `hub settings` lists them all.",
    ]


def test_known_names_are_not_unknown() -> None:
    assert unknown(variable(field) for field in Settings.model_fields) == []
    assert unknown(["hub_http_port", "hub_x", "HUB_X", "HUBBUB"]) == ["HUB_X"]


def test_a_secret_of_the_environment_is_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert auth_secret(loaded(monkeypatch, HUB_AUTH_SECRET="ключ")) == "ключ".encode()
    assert not Path("data").exists()


def test_without_one_a_secret_is_generated_and_kept() -> None:
    secret = auth_secret(load())
    path = Path("data/auth_secret")
    assert len(secret) >= 32
    assert auth_secret(load()) == secret == path.read_bytes().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path("data").stat().st_mode) == 0o700
    assert [entry.name for entry in Path("data").iterdir()] == ["auth_secret"]


def test_processes_that_start_together_agree() -> None:
    code = "from hub.settings import auth_secret, load; print(auth_secret(load()).decode())"
    argv = [sys.executable, "-c", code]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({process.communicate()[0] for process in started}) == 1


def test_a_secret_file_that_is_empty_is_no_secret() -> None:
    Path("data").mkdir()
    Path("data/auth_secret").touch()
    with pytest.raises(InvalidSettings, match="remove it"):
        auth_secret(load())


@pytest.mark.parametrize("taken", ["data", "data/auth_secret/x"])
def test_a_secret_file_that_cannot_be_had_is_told(taken: str) -> None:
    Path(taken).parent.mkdir(parents=True, exist_ok=True)
    Path(taken).touch()
    with pytest.raises(InvalidSettings, match="HUB_DATA_DIR"):
        auth_secret(load())


def test_every_setting_is_documented_in_a_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert re.fullmatch(r"HUB_[A-Z0-9_]+", variable(name))
