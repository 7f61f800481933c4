"""The link as people see it, in a real Chromium: lost, back, in part, and without WebSockets."""

import subprocess

import pytest
from playwright.sync_api import expect

from tests.e2e.site import WAIT_MS, People, Person, Site
from tests.servers import program

NO_WEBSOCKETS = """
    Math.random = () => 0;
    globalThis.WebSocket = class extends EventTarget {
      constructor() {
        super();
        setTimeout(() => {
          this.dispatchEvent(new Event("error"));
          this.dispatchEvent(new CloseEvent("close", { code: 1006 }));
        });
      }
      close() {}
    };
"""
VALUES = "[data-key]"
STALE_BY_LINK = '[data-key][data-state="stale"][data-reason="link"]'

pytestmark = pytest.mark.e2e


def all_values_are_stale(person: Person) -> None:
    """Every value on the page is marked as old because of the link, and says from when it is."""
    values = person.page.locator(VALUES)
    assert values.count() > 0
    expect(person.page.locator(STALE_BY_LINK)).to_have_count(values.count())
    words = person.page.locator(f"{STALE_BY_LINK} .visually-hidden").all_inner_texts()
    assert all(word.startswith("as of ") for word in words)


def test_a_device_chat_and_a_killed_hub(people: People, site: Site) -> None:
    site.publish("devices/kitchen/telemetry", '{"temperature": 21.5, "humidity": 40, "window": "shut"}')
    anna, ivan = people.comes("anna", "/chat/ops"), people.comes("ivan", "/chat/ops")
    listed, opened, overview = (people.comes("anna", path) for path in ("/devices", "/devices/kitchen", "/"))
    expect(listed.page.locator('[data-device="kitchen"]')).to_contain_text("21.5", timeout=WAIT_MS)
    opened.sees_value("temperature", "21.5")
    anna.says("Дверь закрыта?")
    ivan.sees_message("Дверь закрыта?")
    ivan.says("yes <b>shut</b>")
    anna.sees_message("yes <b>shut</b>")
    everybody = (anna, ivan, listed, opened, overview)

    site.hub.kill()
    for person in everybody:
        person.strip_is("lost")
    for person in (listed, opened, overview):
        all_values_are_stale(person)
    site.publish("devices/kitchen/telemetry", *(f'{{"temperature": {30 + n}.5}}' for n in range(3)))
    site.hub.start()
    # The sentence stays for 8 s, and each comes back in its own time: one is asked.
    listed.tries_now()
    expect(listed.page.get_by_test_id("recovery")).to_have_text("Connected again. Nothing was missed.")
    for person in everybody:
        person.tries_now()
        person.strip_is("live")
    for person in (listed, opened):
        person.sees_value("temperature", "32.5")
        expect(person.page.locator(STALE_BY_LINK)).to_have_count(0)
    anna.says("after the kill")
    for person in (anna, ivan):
        for text in ("Дверь закрыта?", "yes <b>shut</b>", "after the kill"):
            person.sees_message(text)


def test_what_could_not_be_recovered_is_said(people: People, site: Site) -> None:
    site.publish("devices/cellar/telemetry", '{"temperature": 8}')
    anna = people.comes("anna", "/devices")
    anna.sees_value("temperature", "")
    site.hub.kill()
    for log in (site.hub.directory / "data").glob("log.db*"):
        log.unlink()
    anna.strip_is("lost")
    site.publish("devices/cellar/telemetry", '{"temperature": 9}')
    site.hub.start()
    anna.tries_now()
    expect(anna.page.get_by_test_id("recovery")).to_contain_text("could not be recovered; these are the latest values.")
    expect(anna.page.locator('[data-device="cellar"]')).to_contain_text("9", timeout=WAIT_MS)


def test_a_device_that_vanishes_is_offline(people: People, site: Site) -> None:
    anna = people.comes("anna", "/devices")
    row = anna.page.locator('[data-device="plug"]')
    will = ["--will-topic", "tele/plug/LWT", "--will-payload", "Offline", "--will-qos", "1"]
    arguments = ["-h", "127.0.0.1", "-p", str(site.hub.mqtt_port), "-t", "tele/plug/SENSOR", "-l", *will]
    with subprocess.Popen([program("mosquitto_pub"), *arguments], stdin=subprocess.PIPE, bufsize=0) as device:
        assert device.stdin is not None
        device.stdin.write(b'{"Time": "2030-01-01T00:00:00", "ENERGY": {"Power": 83, "Total": 1.5}}\n')
        expect(row).to_have_attribute("data-state", "live", timeout=WAIT_MS)
        expect(row).to_contain_text("online", timeout=WAIT_MS)
        device.kill()
    expect(row).to_have_attribute("data-state", "offline", timeout=WAIT_MS)
    expect(row).to_contain_text("offline")
    expect(row.locator('[data-key="ENERGY.Power"]')).to_have_attribute("data-state", "offline")
    anna.page.goto(f"{site.origin}/devices/plug")
    expect(anna.page.locator("header[data-device]")).to_have_attribute("data-connectivity", "offline")
    expect(anna.page.locator("header[data-device]")).to_contain_text("Offline since")


def test_without_websockets_the_page_is_as_live(people: People, site: Site) -> None:
    site.publish("devices/attic/telemetry", '{"temperature": 17.25}')
    anna = people.comes("anna", "/devices", script=NO_WEBSOCKETS)
    expect(anna.page.locator('[data-device="attic"]')).to_contain_text("17.25", timeout=WAIT_MS)
    site.publish("devices/attic/telemetry", '{"temperature": 18.5}')
    expect(anna.page.locator('[data-device="attic"]')).to_contain_text("18.50", timeout=WAIT_MS)
    anna.page.goto(f"{site.origin}/chat/streams")
    anna.strip_is("live")
    anna.says("over HTTP")
    people.comes("ivan", "/chat/streams").sees_message("over HTTP")


def test_a_wrong_password_is_said(people: People, site: Site) -> None:
    people.comes("ivan", "/")
    stranger = people.stranger(site.origin)
    stranger.fills_in("ivan", "wrong")
    expect(stranger.page.get_by_text("Name or password is wrong.")).to_be_visible(timeout=WAIT_MS)
    # The browser's own line for the answer 401, which a page can't keep it from writing.
    stranger.console = [line for line in stranger.console if "401" not in line]
