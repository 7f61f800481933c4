"""Containers without a container engine: Compose resolves its file, Mosquitto runs the shipped configuration."""

import asyncio
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.servers import Server, free_port, program

ROOT = Path(__file__).parent.parent
COMPOSE = Path(sys.executable).parent / "docker-compose"
SHIPPED = ROOT / "mosquitto" / "mosquitto.conf"


def compose(*profiles: str) -> dict[str, Any]:
    argv = [str(COMPOSE), *(word for profile in profiles for word in ("--profile", profile)), "config"]
    run = subprocess.run([*argv, "--format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    services: dict[str, Any] = json.loads(run.stdout)["services"]
    return services


@contextmanager
def shipped_mosquitto(directory: Path, *, replaced: dict[str, str]) -> Iterator[Server]:
    """The shipped configuration on a port of loopback and with a directory of the test, else as it is."""
    port = free_port()
    config = SHIPPED.read_text(encoding="utf-8")
    places = {"listener 1883": f"listener {port} 127.0.0.1", "/mosquitto/data/": f"{directory}/"}
    for old, new in {**places, **replaced}.items():
        assert config.count(old) == 1, old
        config = config.replace(old, new)
    # As root Mosquitto becomes another user, who can't write the test's directory.
    (directory / "mosquitto.conf").write_text(f"{config}\nuser root\n", encoding="utf-8")
    server = Server([program("mosquitto"), "-c", "mosquitto.conf"], port=port, directory=directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def kept(port: int) -> aiomqtt.Client:
    """A client whose session the broker keeps while it is away, as the hub's."""
    return aiomqtt.Client("127.0.0.1", port, identifier="hub", clean_session=False, max_inflight_messages=1000)


async def take(client: aiomqtt.Client, count: int) -> list[str]:
    async with asyncio.timeout(30):
        taken: list[str] = []
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            taken.append(message.payload.decode())
            if len(taken) == count:
                break
        return taken


def test_compose_starts_broker_log_and_hub_and_the_fleet_on_demand() -> None:
    assert compose().keys() == {"mosquitto", "redis", "hub"}
    assert compose("demo").keys() == {"mosquitto", "redis", "hub", "simulators"}
    assert compose("postgres").keys() == {"mosquitto", "redis", "postgres", "hub"}


def test_what_listens_is_published_to_this_machine_only() -> None:
    ports = {name: service.get("ports", []) for name, service in compose("demo").items()}
    assert {port["host_ip"] for published in ports.values() for port in published} == {"127.0.0.1"}
    assert [name for name, published in ports.items() if published] == ["hub", "mosquitto"]


def test_every_server_has_a_health_check_and_comes_back() -> None:
    services = compose("postgres")
    assert all(service["restart"] == "unless-stopped" for service in services.values())
    assert services["mosquitto"]["healthcheck"]["test"][:2] == ["CMD", "mosquitto_sub"]
    assert services["redis"]["healthcheck"]["test"] == ["CMD", "redis-cli", "ping"]
    assert services["postgres"]["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert "/health/ready" in (ROOT / "Dockerfile").read_text(encoding="utf-8").partition("HEALTHCHECK")[2]


def test_the_hub_waits_for_what_it_needs_and_knows_where_that_is() -> None:
    hub = compose()["hub"]
    assert {name: (need["condition"], need["required"]) for name, need in hub["depends_on"].items()} == {
        "mosquitto": ("service_healthy", True),
        "redis": ("service_healthy", True),
        "postgres": ("service_healthy", False),
    }
    assert hub["environment"]["HUB_MQTT_URL"] == "mqtt://mosquitto:1883"
    assert hub["environment"]["HUB_ENGINE_URL"] == "redis://redis:6379"


def test_what_must_outlive_a_container_is_on_a_volume() -> None:
    services = compose("postgres")
    mounts = {name: {mount["target"] for mount in service["volumes"]} for name, service in services.items()}
    assert "/mosquitto/data" in mounts["mosquitto"]
    assert mounts["redis"] == {"/data"}
    assert mounts["postgres"] == {"/var/lib/postgresql/data"}
    assert mounts["hub"] == {"/data"}
    assert "--appendonly" in services["redis"]["command"]


def test_the_image_runs_as_nobody_special_from_locked_packages() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last_stage = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER [1-9]\d*$", last_stage, re.MULTILINE)
    assert "--require-hashes -r requirements.txt" in dockerfile
    assert "npm ci" in dockerfile
    assert 'CMD ["hub", "serve"]' in last_stage


def test_the_build_sees_what_it_copies_and_nothing_made_here() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = re.findall(r"^COPY ([^-].*) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    tops = {word.partition("/")[0] for words in copied for word in words.split()}
    assert {line.removeprefix("!").removesuffix("/**") for line in ignored if line.startswith("!")} == tops
    assert {"hub/static", "dashboard/node_modules"} <= set(ignored)


async def test_the_shipped_configuration_keeps_more_than_the_default_for_a_hub_that_is_away(tmp_path: Path) -> None:
    sent = [str(i) for i in range(1500)]
    with shipped_mosquitto(tmp_path, replaced={}) as server:
        async with kept(server.port) as hub:
            await hub.subscribe("devices/#", 1)
        async with aiomqtt.Client("127.0.0.1", server.port) as device:
            await device.publish("devices/retained", "1", 1, retain=True)
            for i in range(0, len(sent), 100):
                await asyncio.gather(*(device.publish("devices/a", payload, 1) for payload in sent[i : i + 100]))
        # SIGTERM writes what waits, as `docker compose restart` does.
        server.stop()
        server.start()
        async with kept(server.port) as hub:
            assert await take(hub, len(sent) + 1) == ["1", *sent]


async def test_with_passwords_a_device_speaks_for_itself_alone(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    for user in ("hub", "meter-01"):
        tool = [program("mosquitto_passwd"), "-b", str(passwords), user, f"{user}-secret"]
        await asyncio.to_thread(subprocess.run, tool, check=True, capture_output=True)
    closed = f"allow_anonymous false\npassword_file {passwords}\nacl_file {ROOT / 'mosquitto' / 'acl'}"
    with shipped_mosquitto(tmp_path, replaced={"allow_anonymous true": closed}) as server:
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client("127.0.0.1", server.port):
                pass
        device = aiomqtt.Client("127.0.0.1", server.port, username="meter-01", password="meter-01-secret")
        async with aiomqtt.Client("127.0.0.1", server.port, username="hub", password="hub-secret") as hub, device:
            await hub.subscribe("#", 1)
            await device.publish("devices/meter-02/telemetry", "forged", 1)
            await device.publish("devices/meter-01/telemetry", "own", 1)
            assert await take(hub, 1) == ["own"]


def test_the_lock_file_of_the_image_has_every_transport_and_store() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    locked = set(
        re.findall(
            r"^([\w.-]+)(?:\[[\w,.-]+\])?==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    assert {re.split(r"[^\w.-]", each)[0] for each in wanted} - locked == set()
