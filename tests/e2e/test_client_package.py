"""The client library as its users get it: packed by npm, installed, and run by Node without WebSockets."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.processes import HubProcess, hub_process
from tests.servers import mosquitto, program

DASHBOARD = Path(__file__).parents[2] / "dashboard"
READER = Path(__file__).with_name("package_reader.mjs")
WAIT_S = 20.0
VALUES = 60

pytestmark = pytest.mark.e2e


def run(*command: str, cwd: Path) -> str:
    """Run a program that must do well; what it printed."""
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has installed the packed client, and nothing else."""
    directory = tmp_path_factory.mktemp("project")
    npm = program("npm")
    try:
        packed = run(npm, "pack", "--silent", "--pack-destination", str(directory), cwd=DASHBOARD / "src" / "client")
    finally:
        shutil.rmtree(DASHBOARD / "src" / "client" / "dist", ignore_errors=True)
    tarball = packed.strip().splitlines()[-1]
    run(npm, "install", "--silent", "--offline", "--no-audit", "--no-fund", f"./{tarball}", cwd=directory)
    return directory


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path / "mosquitto"))
        settings = {"HUB_MQTT_URL": f"mqtt://127.0.0.1:{broker.port}"}
        found = stack.enter_context(hub_process(tmp_path / "hub", settings))
        found.mqtt_port = broker.port
        yield found


class Reader:
    """The program that uses the package: what it says, in order."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.said: list[dict[str, Any]] = []
        self._process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    @classmethod
    @contextmanager
    def of(cls, project: Path, hub: HubProcess) -> Iterator["Reader"]:
        """Run it in the project against the hub."""
        script = project / "reader.mjs"
        script.write_text(READER.read_text())
        process = subprocess.Popen(
            [program("node"), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"HUB_URL": f"ws://127.0.0.1:{hub.http_port}/ws", "HUB_TOKEN": hub.token()},
        )
        with process:
            try:
                yield cls(process)
            finally:
                process.kill()

    def does(self, action: dict[str, Any]) -> None:
        """Ask it to do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(action) + "\n")
        self._process.stdin.flush()

    def says(self, wanted: dict[str, Any]) -> None:
        """Wait for a line that has all of these members."""
        while not any(wanted.items() <= line.items() for line in self.said):
            self.said.append(json.loads(self._lines.get(timeout=WAIT_S)))

    def values(self) -> list[Any]:
        """What it saw of the meter, live."""
        return [line["data"]["n"] for line in self.said if line.get("snapshot") is False and "n" in line["data"]]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)


def publish(hub: HubProcess, numbers: range) -> None:
    lines = "".join(f'{{"n": {n}}}\n' for n in numbers)
    arguments = ["-h", "127.0.0.1", "-p", str(hub.mqtt_port), "-q", "1", "-t", "devices/meter/telemetry", "-l"]
    subprocess.run([program("mosquitto_pub"), *arguments], check=True, timeout=20, input=lines, text=True)


def test_the_package_has_what_its_users_need_and_nothing_else(project: Path) -> None:
    package = project / "node_modules" / "hub-client"
    described = json.loads((package / "package.json").read_text())
    assert "dependencies" not in described
    assert (package / described["exports"]["."]["types"]).is_file()
    files = {file.relative_to(package).as_posix() for file in package.rglob("*") if file.is_file()}
    assert not [name for name in files if "test" in name or name.endswith((".map", "tsconfig.json"))]
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts"} <= files


def test_its_types_hold_in_a_strict_program(project: Path) -> None:
    use = """
        import { Connection, HubError, type HubEvent, type RecoveryDetail } from "hub-client";
        const hub = new Connection({ url: "ws://127.0.0.1/ws" });
        const seen: HubEvent[] = [];
        hub.addEventListener("recovery", ({ detail }) => { const told: RecoveryDetail = detail; void told.recovered; });
        // @ts-expect-error: a recovery has no position of its own
        hub.addEventListener("recovery", ({ detail }) => detail.position);
        const subscription = hub.subscribe(["telemetry/+"], { events: (events) => { seen.push(...events); } });
        hub.publish("chat/ops", { text: "hello" }).catch((error: unknown) => error instanceof HubError && error.code);
        subscription.close();
    """
    (project / "use.ts").write_text(use)
    tsc = str(DASHBOARD / "node_modules" / ".bin" / "tsc")
    options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,esnext"]
    done = subprocess.run(
        [tsc, *options, "use.ts"], cwd=project, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == ""


def test_it_loses_nothing_over_server_sent_events(project: Path, hub: HubProcess) -> None:
    with Reader.of(project, hub) as reader:
        reader.says({"filter": "telemetry/+", "empty": True})
        publish(hub, range(20))
        # A second subscription begins in the middle; the first goes on.
        reader.does({"subscribe": "chat/+"})
        publish(hub, range(20, 40))
        reader.says({"filter": "chat/+", "empty": True})
        reader.does({"publish": ["chat/ops", {"text": "Дверь закрыта?"}]})
        reader.says({"published": True})
        reader.says({"topic": "chat/ops", "snapshot": False})
        reader.does({"publish": ["system/no", {}]})
        reader.says({"refused": "permission_denied"})
        hub.kill()
        reader.says({"state": "disconnected"})
        publish(hub, range(40, VALUES))
        hub.start()
        reader.says({"recovered": True})
        reader.says({"data": {"n": VALUES - 1}})
        assert reader.values() == list(range(VALUES))
        assert not [line for line in reader.said if "gap" in line or "error" in line]
