"""Documentation that can't rot: generated files are fresh, code blocks parse or run, links lead somewhere."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.errors import CLOSE_CODES, ERROR_CODES
from hub.observability.metrics import METRICS
from hub.settings import Settings, variable
from scripts.generate import GENERATED
from tests.servers import free_port
from tests.sources import ROOT

MADE = {".git", ".venv", ".hypothesis", "node_modules", "static", "__pycache__", "data", "dist", "coverage"}
BINARY = {".png", ".ico", ".woff2", ".webp", ".jpg", ".pyc"}
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:root|work|home|Users)/\w|(?<![\w./])/tmp/\w"),
    "a package registry": re.compile(r"registry[.]npmjs|pypi[.]org|pythonhosted[.]org|/simple[/\"'\s]"),
    "something left undone": re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
}
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READY_S = 120.0


@dataclass(frozen=True)
class Block:
    """A fenced block of code: the words behind the fence, and what stands between."""

    path: Path
    language: str
    marks: str
    text: str

    @property
    def runnable(self) -> bool:
        """README's shell blocks are what everybody tries first; elsewhere those marked `sh run`."""
        return self.language == "sh" and (self.path.name == "README.md" or "run" in self.marks.split())


def repository() -> Iterator[Path]:
    """Every file that is part of the project, without what is made from it."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in MADE and not name.endswith("_cache"))
        kept = [name for name in files if Path(name).suffix not in BINARY and not name.startswith(".coverage")]
        yield from (Path(folder, name) for name in sorted(kept))


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks() -> list[Block]:
    found = []
    for path in documents():
        for language, marks, text in FENCE.findall(path.read_text(encoding="utf-8")):
            found.append(Block(path, language, marks, text))
    return found


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", GENERATED)
def test_a_generated_file_is_what_its_source_says(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == GENERATED[path](), "run `make generate`"


def test_every_setting_code_and_metric_is_documented() -> None:
    settings, codes, metrics = document("settings.md"), document("codes.md"), document("metrics.md")
    assert [field for field in Settings.model_fields if f"`{variable(field)}`" not in settings] == []
    assert [code.name for code in ERROR_CODES if f"| {code.number} | `{code.name}` |" not in codes] == []
    assert [code.name for code in CLOSE_CODES if f"| {code.number} | `{code.name}` |" not in codes] == []
    assert [metric.name for metric in METRICS if f"| `{metric.name}` |" not in metrics] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files(path: Path) -> None:
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_blocks_parse() -> None:
    for block in blocks():
        if block.language == "python":
            compile(block.text, str(block.path), "exec")
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "sh":
            subprocess.run(["sh", "-n"], input=block.text, text=True, check=True)


def test_the_repository_names_no_machine_and_no_registry() -> None:
    found = []
    for path in repository():
        # Real payloads of devices need not be text.
        text = path.read_bytes().decode("utf-8", "replace")
        found += [
            f"{path}: {what}: {match.group()!r}" for what, rule in FORBIDDEN.items() for match in rule.finditer(text)
        ]
    assert found == []


def test_contributing_is_one_page() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 60


@dataclass(frozen=True)
class Reader:
    """Someone who follows the documents: a directory that looks like the checkout, and a hub that runs."""

    directory: Path
    environment: dict[str, str]
    ports: dict[str, str]

    def run(self, block: Block) -> str:
        """What a block prints; fails where a command of it does."""
        text = block.text
        for documented, used in self.ports.items():
            text = re.sub(rf"\b{documented}\b", used, text)
        shell = ["sh", "-eu", "-c", text]
        run = subprocess.run(
            shell, cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode == 0, f"{block.text}{run.stdout}{run.stderr}"
        return run.stdout


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        assert process.poll() is None, "`make run` has ended"
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the hub of `make run` did not become ready")


@pytest.fixture(name="reader")
def _reader(tmp_path: Path) -> Iterator[Reader]:
    """`make run`, README's first command, as it stands there, with ports and directory of its own."""
    http, mqtt = str(free_port()), str(free_port())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {
        "HUB_HTTP_PORT": http,
        "HUB_MQTT_LISTEN": f"127.0.0.1:{mqtt}",
        "HUB_DATA_DIR": str(tmp_path / "data"),
    }
    directory = tmp_path / "checkout"
    directory.mkdir()
    for name in (".venv", "examples"):
        (directory / name).symlink_to(ROOT / name)
    with (tmp_path / "run.log").open("wb") as log:
        hub = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until_ready(f"http://127.0.0.1:{http}", hub)
        yield Reader(directory, environment, {"8000": http, "1883": mqtt})
        os.killpg(hub.pid, signal.SIGTERM)
        hub.wait(20)
    finally:
        if hub.poll() is None:
            os.killpg(hub.pid, signal.SIGKILL)
            hub.wait()
        sys.stdout.write((tmp_path / "run.log").read_text(encoding="utf-8", errors="replace"))


@pytest.mark.e2e
def test_every_command_of_the_documents_does_what_it_says(reader: Reader) -> None:
    runnable = [block for block in blocks() if block.runnable]
    assert runnable[0].text == "make run\n"
    said = "".join(reader.run(block) for block in runnable[1:])
    assert len(re.findall(r"^telemetry/[^{]+ \{", said, re.MULTILINE)) >= 3
    assert "said in chat/ops" in said
    assert " twin/Kitchen {" in said
    steps = re.findall(r' command/meter-01/\w+ \{.*"state": "(\w+)"', said)
    assert steps == ["sending", "sent", "answered", "observed"]
