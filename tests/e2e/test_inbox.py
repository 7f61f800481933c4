"""What the hub did not understand, in a real Chromium: seen, said, and read from then on."""

import pytest
from playwright.sync_api import expect

from tests.e2e.site import WAIT_MS, People, Site

pytestmark = pytest.mark.e2e


def test_what_was_not_understood_becomes_readings_when_somebody_says_what_it_means(people: People, site: Site) -> None:
    for number in (3, 4):
        site.publish(f"homie/{number}/air", "t=21.5 °C;h=40")
    site.publish("homie/noise", "x")
    anna = people.comes("anna", "/inbox")
    entry = anna.page.locator('[data-shape="homie/+/air"]')
    expect(entry).to_contain_text("2 messages", timeout=WAIT_MS)
    expect(entry).to_contain_text("Could be device {2} with t (°C), h")
    noise = anna.page.locator('[data-shape="homie/noise"]')
    noise.get_by_test_id("ignore").click()
    expect(noise).to_have_count(0, timeout=WAIT_MS)
    entry.get_by_test_id("accept").click()
    anna.page.get_by_label("Device (").fill("air-{2}")
    anna.page.get_by_label("Name of /t").fill("temperature")
    anna.page.get_by_test_id("store-mapping").click()
    expect(entry).to_have_count(0, timeout=WAIT_MS)
    anna.page.goto(f"{site.origin}/devices/air-3")
    anna.sees_value("temperature", "21.5")
    site.publish("homie/3/air", "t=22.5 °C;h=41")
    anna.sees_value("temperature", "22.5")
    anna.page.goto(f"{site.origin}/inbox")
    expect(anna.page.get_by_test_id("empty")).to_be_visible(timeout=WAIT_MS)


def test_a_family_on_foreign_topics_is_recognised(people: People, site: Site) -> None:
    for number in (1, 2):
        site.publish(f"berlin/homie/meter{number}/$state", "ready")
    anna = people.comes("anna", "/inbox")
    entry = anna.page.locator('[data-shape="berlin/homie/+/$state"]')
    expect(entry).to_contain_text("Looks like homie, as if on {2#}", timeout=WAIT_MS)
    entry.get_by_test_id("accept").click()
    expect(anna.page.get_by_label("Family")).to_have_value("homie")
    anna.page.get_by_test_id("store-mapping").click()
    expect(entry).to_have_count(0, timeout=WAIT_MS)
    site.publish("berlin/homie/meter1/power/watt", "5.5")
    anna.page.goto(f"{site.origin}/devices/meter1")
    anna.sees_value("power.watt", "5.5")
