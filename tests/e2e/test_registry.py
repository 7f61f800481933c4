"""What people say of devices, in a real Chromium: a name and tags for all, forgetting, and devices that wait."""

import pytest
from playwright.sync_api import expect

from tests.e2e.site import WAIT_MS, People, Site

pytestmark = pytest.mark.e2e


def test_a_name_and_tags_are_everywhere_and_a_forgotten_device_nowhere(people: People, site: Site) -> None:
    site.publish("devices/boiler/telemetry", '{"temperature": 61.5}')
    listed, opened = people.comes("ivan", "/devices"), people.comes("anna", "/devices/boiler")
    opened.sees_value("temperature", "61.5")
    opened.page.get_by_test_id("edit-device").click()
    opened.page.get_by_test_id("device-name").fill("Old boiler")
    opened.page.get_by_test_id("device-tags").fill("cellar, warm")
    opened.page.get_by_test_id("device-location").fill("under the stairs")
    opened.page.get_by_test_id("save-device").click()
    expect(opened.page.get_by_role("heading", name="Old boiler", level=2)).to_be_visible(timeout=WAIT_MS)
    expect(opened.page.locator(".device__header")).to_contain_text("under the stairs")
    row = listed.page.locator('tr[data-device="boiler"]')
    expect(row).to_contain_text("Old boiler", timeout=WAIT_MS)
    expect(row).to_contain_text("#cellar #warm")
    opened.page.get_by_test_id("edit-device").click()
    opened.page.get_by_test_id("forget").click()
    opened.page.get_by_test_id("forget-sure").click()
    expect(opened.page).to_have_url(f"{site.origin}/devices", timeout=WAIT_MS)
    for person in (opened, listed):
        expect(person.page.locator('tr[data-device="boiler"]')).to_have_count(0, timeout=WAIT_MS)


def test_a_device_that_was_refused_is_among_those_that_wait_for_nobody(people: People, site: Site) -> None:
    site.publish("devices/lamp/telemetry", '{"power": 5}')
    anna = people.comes("anna", "/devices/lamp")
    anna.sees_value("power", "5")
    refusal = anna.context.request.patch(
        f"{site.origin}/api/devices/lamp", data={"approved": False}, headers={"Origin": site.origin}
    )
    assert refusal.ok, refusal.text()
    anna.page.goto(f"{site.origin}/devices")
    site.publish("devices/lamp/telemetry", '{"power": 6}')
    expect(anna.page.locator('tr[data-device="lamp"]')).to_contain_text("5", timeout=WAIT_MS)
    expect(anna.page.locator("[data-quarantined]")).to_have_count(0)
