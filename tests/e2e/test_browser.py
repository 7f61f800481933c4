"""What people see, in a real Chromium: a device's value, a chat, a hub that is killed and comes back."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.processes import HubProcess, hub_process
from tests.servers import mosquitto, program

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-gpu",
]
WAIT_MS = 20_000
PASSWORD = "a long enough password"

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium"), args=ARGUMENTS)
        yield chromium
        chromium.close()


class Person:
    """Somebody at a browser, and everything that its console says."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.console: list[str] = []
        self.page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.set_default_timeout(WAIT_MS)

    def says(self, text: str) -> None:
        composer = self.page.get_by_test_id("composer")
        composer.fill(text)
        composer.press("Enter")

    def messages(self) -> list[str]:
        return [element.inner_text() for element in self.page.get_by_test_id("message").all()]

    def sees_message(self, text: str) -> None:
        expect(self.page.get_by_test_id("message").filter(has_text=text)).to_have_count(1, timeout=WAIT_MS)

    def strip_is(self, state: str) -> None:
        expect(self.page.get_by_test_id("strip")).to_have_attribute("data-state", state, timeout=WAIT_MS)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with ExitStack() as stack:
        broker = stack.enter_context(mosquitto(tmp_path / "mosquitto"))
        url = f"mqtt://127.0.0.1:{broker.port}"
        found = stack.enter_context(hub_process(tmp_path / "hub", {"HUB_MQTT_URL": url}))
        found.mqtt_port = broker.port
        yield found


def publish(hub: HubProcess, topic: str, payload: str) -> None:
    arguments = ["-h", "127.0.0.1", "-p", str(hub.mqtt_port), "-q", "1", "-t", topic, "-m", payload]
    subprocess.run([program("mosquitto_pub"), *arguments], check=True, timeout=20)


def first_admin(browser: Browser, hub: HubProcess) -> Person:
    person = Person(browser.new_context())
    person.page.goto(hub.first_link())
    person.page.get_by_label("Name").fill("anna")
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.page.locator("form button[type=submit]").click()
    person.strip_is("live")
    return person


def signed_in(browser: Browser, hub: HubProcess, name: str) -> Person:
    hub.run("user", "add", name, "--role", "operator", stdin=PASSWORD + "\n")
    person = Person(browser.new_context())
    person.page.goto(hub.origin)
    person.page.get_by_label("Name").fill(name)
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.page.locator("form button[type=submit]").click()
    person.strip_is("live")
    return person


def test_a_device_chat_and_a_killed_hub(browser: Browser, hub: HubProcess) -> None:
    anna = first_admin(browser, hub)
    publish(hub, "devices/kitchen/telemetry", '{"temperature": 21.5}')
    anna.page.goto(f"{hub.origin}/devices")
    expect(anna.page.locator('[data-device="kitchen"]')).to_contain_text("21.5", timeout=WAIT_MS)

    ivan = signed_in(browser, hub, "ivan")
    for person in (anna, ivan):
        person.page.goto(f"{hub.origin}/chat/ops")
        person.strip_is("live")
    anna.says("Дверь закрыта?")
    ivan.sees_message("Дверь закрыта?")
    ivan.says("yes <b>shut</b>")
    anna.sees_message("yes <b>shut</b>")

    hub.kill()
    for person in (anna, ivan):
        person.strip_is("lost")
    for n in range(3):
        publish(hub, "devices/kitchen/telemetry", f'{{"temperature": {30 + n}.5}}')
    hub.start()
    for person in (anna, ivan):
        person.strip_is("live")
    anna.says("after the kill")
    for person in (anna, ivan):
        person.sees_message("after the kill")
        texts = person.messages()
        assert [sum(part in text for text in texts) for part in ("Дверь закрыта?", "yes <b>shut</b>", "after")] == [
            1
        ] * 3
    anna.page.goto(f"{hub.origin}/devices/kitchen")
    expect(anna.page.locator('[data-key="temperature"]').first).to_contain_text("32.5", timeout=WAIT_MS)
    for person in (anna, ivan):
        unexpected = [line for line in person.console if not re.search("ERR_CONNECTION_REFUSED", line)]
        assert unexpected == []


def test_a_wrong_password_is_said(browser: Browser, hub: HubProcess) -> None:
    hub.run("user", "add", "ivan", "--role", "viewer", stdin=PASSWORD + "\n")
    person = Person(browser.new_context())
    person.page.goto(hub.origin)
    person.page.get_by_label("Name").fill("ivan")
    person.page.get_by_label("Password", exact=True).fill("wrong")
    person.page.locator("form button[type=submit]").click()
    expect(person.page.get_by_text("Name or password is wrong.")).to_be_visible(timeout=WAIT_MS)
