"""The pages of examples/ that show live values by each transport, in a browser, from an origin of their own."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.processes import HubProcess, hub_process
from tests.servers import mosquitto
from tests.sources import ROOT

PAGES = sorted((ROOT / "examples").glob("live_*.html"))
SOCKET_IO = ROOT / "dashboard" / "node_modules" / "socket.io-client" / "dist" / "socket.io.esm.min.js"
MAX_LINES = 20
TIMEOUT_MS = 30_000

pytestmark = pytest.mark.e2e


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the pages are."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT / "examples"))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, origin: str) -> Iterator[HubProcess]:
    directory = tmp_path_factory.mktemp("live")
    with mosquitto(directory / "mosquitto") as broker:
        settings = {"HUB_MQTT_URL": f"mqtt://127.0.0.1:{broker.port}", "HUB_HTTP_ORIGINS": origin}
        with hub_process(directory / "hub", settings) as found:
            found.mqtt_port = broker.port
            yield found


def test_there_is_one_for_each_transport() -> None:
    assert [path.stem for path in PAGES] == ["live_polling", "live_socketio", "live_sse", "live_websocket"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_short(path: Path) -> None:
    script = re.search(r"<script[^>]*>\n(.*)</script>", path.read_text(encoding="utf-8"), re.DOTALL)
    assert script is not None
    assert len(script[1].splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_live_values(path: Path, browser: Browser, hub: HubProcess, origin: str) -> None:
    token = hub.token()
    page = browser.new_page()
    page.on("dialog", lambda dialog: dialog.accept(token))
    page.route("https://cdn.socket.io/**", lambda route: route.fulfill(path=SOCKET_IO, content_type="text/javascript"))
    page.goto(f"{origin}/{path.name}?hub=http://127.0.0.1:{hub.http_port}")
    expect(page.locator("#state")).to_have_text("live", timeout=TIMEOUT_MS)
    options = ["--port", str(hub.mqtt_port), "--count", "3", "--every", "0"]
    argv = [sys.executable, str(ROOT / "examples" / "device.py"), *options]
    last = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()[-1]
    # JSON as JavaScript writes it.
    expect(page.locator("#list li")).to_have_text(f"telemetry/kitchen {last.replace(' ', '')}", timeout=TIMEOUT_MS)
    page.close()
