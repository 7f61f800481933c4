"""One hub with its broker for all browser tests, and the people who look at it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.processes import HubProcess
from tests.servers import program

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
UNREACHABLE = re.compile("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED")
"""What a browser itself writes when a hub is killed: not the page's words, and it can't be helped."""


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
        """Send a chat message."""
        composer = self.page.get_by_test_id("composer")
        composer.fill(text)
        composer.press("Enter")

    def messages(self) -> list[str]:
        """The chat messages on the page."""
        return [element.inner_text() for element in self.page.get_by_test_id("message").all()]

    def sees_message(self, text: str) -> None:
        """Wait for a message; it is there once."""
        expect(self.page.get_by_test_id("message").filter(has_text=text)).to_have_count(1, timeout=WAIT_MS)

    def strip_is(self, state: str) -> None:
        """Wait until the strip says this of the link."""
        expect(self.page.get_by_test_id("strip")).to_have_attribute("data-state", state, timeout=WAIT_MS)

    def tries_now(self) -> None:
        """What the browser says when its network is back: the page need not wait for its next try."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def sees_value(self, key: str, text: str) -> None:
        """Wait until the value of a key is this."""
        expect(self.page.locator(f'[data-key="{key}"]').first).to_contain_text(text, timeout=WAIT_MS)

    def fills_in(self, name: str, password: str) -> None:
        """Fill in the sign-in form and send it."""
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.locator("form button[type=submit]").click()

    def complaints(self) -> list[str]:
        """What the console says that is not the death of the hub."""
        return [line for line in self.console if not UNREACHABLE.search(line)]


class Site:
    """The hub, and the sign-ins of those who have used it."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        self._states: dict[str, Any] = {}

    @property
    def origin(self) -> str:
        """Where its dashboard is."""
        return self.hub.origin

    def publish(self, topic: str, *payloads: str) -> None:
        """Publish as a device does; it is with the broker when this returns."""
        arguments = ["-h", "127.0.0.1", "-p", str(self.hub.mqtt_port), "-q", "1", "-t", topic, "-l"]
        lines = "".join(f"{payload}\n" for payload in payloads)
        subprocess.run([program("mosquitto_pub"), *arguments], check=True, timeout=20, input=lines, text=True)

    def state(self, browser: Browser, name: str) -> Any:
        """The cookies of a user who has signed in; anna is the first admin, all others are operators."""
        if name not in self._states:
            person = Person(browser.new_context())
            if name == "anna":
                person.page.goto(self.hub.first_link())
            else:
                self._add(browser, name)
                person.page.goto(self.origin)
            person.fills_in(name, PASSWORD)
            person.strip_is("live")
            assert person.complaints() == []
            self._states[name] = person.context.storage_state()
            person.context.close()
        return self._states[name]

    def _add(self, browser: Browser, name: str) -> None:
        admin = browser.new_context(storage_state=self.state(browser, "anna"))
        user = {"name": name, "password": PASSWORD, "role": "operator"}
        answer = admin.request.post(f"{self.origin}/api/users", data=user, headers={"Origin": self.origin})
        assert answer.ok, answer.text()
        admin.close()


class People:
    """Who is at a browser in one test."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self._there: list[Person] = []

    @classmethod
    @contextmanager
    def at(cls, browser: Browser, site: Site) -> Iterator[Self]:
        """The people of one test; in the end nobody's console may have said a word."""
        people = cls(browser, site)
        yield people
        complaints = [line for person in people._there for line in person.complaints()]
        for person in people._there:
            person.context.close()
        assert complaints == []

    def comes(self, name: str, path: str, *, script: str = "", **options: Any) -> Person:
        """A signed-in user opens a page in a new browser, and it is live."""
        person = self.stranger("about:blank", storage_state=self._site.state(self._browser, name), **options)
        if script:
            person.context.add_init_script(script)
        person.page.goto(self._site.origin + path)
        person.strip_is("live")
        return person

    def stranger(self, url: str, **options: Any) -> Person:
        """Somebody without a sign-in opens a page."""
        person = Person(self._browser.new_context(**options))
        self._there.append(person)
        person.page.goto(url)
        return person
