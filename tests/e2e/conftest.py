"""What the browser tests share: one hub for all, a browser for each module."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.site import ARGUMENTS, People, Site
from tests.processes import hub_process
from tests.servers import mosquitto, program


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(directory / "mosquitto"))
        url = f"mqtt://127.0.0.1:{broker.port}"
        hub = stack.enter_context(hub_process(directory / "hub", {"HUB_MQTT_URL": url}))
        hub.mqtt_port = broker.port
        yield Site(hub)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; not longer than a module, as Playwright's event loop would be in the way of those of other tests."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def people(browser: Browser, site: Site) -> Iterator[People]:
    with People.at(browser, site) as there:
        yield there
