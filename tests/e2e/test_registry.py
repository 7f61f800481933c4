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


def test_what_is_desired_stands_beside_what_is_reported_until_they_agree(people: People, site: Site) -> None:
    site.publish("devices/cooler/telemetry", '{"setpoint": 18}')
    anna, ivan = people.comes("anna", "/devices/cooler"), people.comes("ivan", "/devices/cooler")
    anna.sees_value("setpoint", "18")
    anna.page.get_by_test_id("twin-key").fill("setpoint")
    anna.page.get_by_test_id("twin-value").fill("21.5")
    anna.page.get_by_test_id("twin-want").click()
    for person in (anna, ivan):
        row = person.page.locator('[data-twin="setpoint"]')
        expect(row).to_contain_text("21.5", timeout=WAIT_MS)
        expect(row).to_have_attribute("data-apart", "true")
        expect(row).to_contain_text("differs since")
    site.publish("devices/cooler/telemetry", '{"setpoint": 21.5}')
    for person in (anna, ivan):
        expect(person.page.locator('[data-twin="setpoint"]')).to_contain_text("as desired", timeout=WAIT_MS)
    anna.page.get_by_test_id("twin-remove").click()
    for person in (anna, ivan):
        expect(person.page.locator('[data-twin="setpoint"]')).to_have_count(0, timeout=WAIT_MS)


def test_a_device_becomes_part_of_another_one_and_is_separated_again(people: People, site: Site) -> None:
    for device in ("pump-old", "pump-new"):
        site.publish(f"devices/{device}/telemetry", '{"power": 5}')
    anna, listed = people.comes("anna", "/devices/pump-old"), people.comes("ivan", "/devices")
    anna.sees_value("power", "5")
    anna.page.get_by_test_id("edit-device").click()
    anna.page.get_by_test_id("device-zone").fill("Europe/Berlin")
    anna.page.get_by_test_id("save-device").click()
    expect(anna.page.get_by_test_id("device-zone")).to_have_count(0, timeout=WAIT_MS)
    anna.page.get_by_test_id("edit-device").click()
    expect(anna.page.get_by_test_id("device-zone")).to_have_value("Europe/Berlin")
    anna.page.get_by_test_id("merge").click()
    anna.page.get_by_test_id("merge-search").fill("pump new")
    anna.page.get_by_test_id("merge-into").select_option("pump-new")
    anna.page.get_by_test_id("merge-sure").click()
    expect(anna.page).to_have_url(f"{site.origin}/devices/pump-new", timeout=WAIT_MS)
    expect(anna.page.get_by_test_id("parts")).to_contain_text("pump-old", timeout=WAIT_MS)
    expect(listed.page.locator('tr[data-device="pump-old"]')).to_have_count(0, timeout=WAIT_MS)
    site.publish("devices/pump-old/telemetry", '{"power": 6}')
    anna.sees_value("power", "6")
    anna.page.get_by_test_id("part").click()
    expect(anna.page.get_by_test_id("parts")).to_have_count(0, timeout=WAIT_MS)
    expect(listed.page.locator('tr[data-device="pump-old"]')).to_have_count(1, timeout=WAIT_MS)
