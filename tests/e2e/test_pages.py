"""The pages as people use them: by keys, in Russian, with charts, and for those who do not see them."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.site import WAIT_MS, People, Person, Site

AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
  const { violations, passes } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  if (passes.length === 0) throw new Error("axe has tried nothing");
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200))}`);
}"""
PAGES = {
    "/": '[data-device="kitchen"]',
    "/devices": '[data-device="kitchen"]',
    "/devices/kitchen": '[data-chart="temperature"][data-state="ready"]',
    "/chat/ops": '[data-testid="composer"]',
    "/no/such/page": "h2",
}

pytestmark = pytest.mark.e2e


def violations(page: Page) -> list[str]:
    """What axe finds on the page, in light and in dark."""
    found = []
    page.evaluate(AXE.read_text())
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {each}" for each in page.evaluate(RUN_AXE, RULES)]
    return found


def kitchen(site: Site) -> None:
    site.publish("devices/kitchen/telemetry", '{"temperature": 21.5, "humidity": 40, "window": "shut"}')


def test_nothing_stands_in_the_way_of_those_who_do_not_see(people: People, site: Site) -> None:
    kitchen(site)
    # Colours that fade from one theme to the other would be judged on their way.
    anna = people.comes("anna", "/", reduced_motion="reduce")
    for path, shown in PAGES.items():
        anna.page.goto(site.origin + path)
        anna.strip_is("live")
        expect(anna.page.locator(shown).first).to_be_visible(timeout=WAIT_MS)
        assert violations(anna.page) == [], path
    anna.page.keyboard.press("Control+k")
    expect(anna.page.get_by_role("combobox")).to_be_focused()
    assert violations(anna.page) == [], "the palette"
    stranger = people.stranger(site.origin, reduced_motion="reduce")
    expect(stranger.page.get_by_label("Name")).to_be_visible(timeout=WAIT_MS)
    assert violations(stranger.page) == [], "sign-in"


def test_keys_do_what_the_pointer_does(people: People, site: Site) -> None:
    kitchen(site)
    anna = people.comes("anna", "/")
    page = anna.page
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(f"{site.origin}/devices")
    expect(page.locator('[data-device="kitchen"]')).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("kitch")
    expect(page).to_have_url(f"{site.origin}/devices?q=kitch")
    expect(page.locator("tr[data-device]")).to_have_count(1)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("kitchen")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.origin}/devices/kitchen")
    page.locator('[data-chart="temperature"]').focus()
    page.keyboard.press("t")
    expect(page.locator('[data-chart="temperature"] table')).to_be_visible()


def test_russian_from_the_browser_s_language(people: People, site: Site) -> None:
    kitchen(site)
    anna = people.comes("anna", "/devices", locale="ru-RU")
    page = anna.page
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_role("heading", level=1)).to_have_text("Устройства")
    expect(page.get_by_test_id("strip")).to_contain_text("Реальное время")
    row = page.locator('[data-device="kitchen"]')
    expect(row).to_contain_text("21,5", timeout=WAIT_MS)
    expect(row).to_contain_text("в сети")
    # A Cyrillic layout has other letters on the keys.
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'п', code: 'KeyG', bubbles: true}))")
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'щ', code: 'KeyO', bubbles: true}))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Обзор")


def measured(begin_ms: int, numbers: range) -> list[str]:
    """One value each 400 ms by the device's own clock."""
    return [f'{{"n": {n}, "time": {begin_ms + 400 * n}}}' for n in numbers]


def recorded(anna: Person, site: Site) -> dict[int, Any]:
    """What history has of the meter, by time."""
    query = f"{site.origin}/api/history?device=meter&key=n&from=0&limit=10000"
    answer = anna.context.request.get(query).json()
    return {time: value for series in answer["series"] for time, value in series["points"]}


def drawn(page: Page) -> dict[int, Any]:
    """What the chart's table has, newest first in the page."""
    rows = page.locator('[data-chart="n"] tbody tr').evaluate_all(
        "rows => rows.map((row) => [Date.parse(row.querySelector('time').dateTime), row.cells[1].textContent])"
    )
    return {at: int(text) for at, text in reversed(rows)}


def test_a_chart_goes_from_history_to_live_without_a_seam(people: People, site: Site) -> None:
    begin_ms = int(time.time() * 1000) - 60_000
    site.publish("devices/meter/telemetry", *measured(begin_ms, range(60)))
    anna = people.comes("anna", "/devices")
    expect(anna.page.locator('[data-device="meter"]')).to_contain_text("59", timeout=WAIT_MS)
    # Values come while the page loads its history, and go on when it has it.
    anna.page.locator('[data-device="meter"] a').click()
    site.publish("devices/meter/telemetry", *measured(begin_ms, range(60, 120)))
    chart = anna.page.locator('[data-chart="n"][data-state="ready"]')
    expect(chart).to_be_visible(timeout=WAIT_MS)
    site.publish("devices/meter/telemetry", *measured(begin_ms, range(120, 150)))
    expect(chart).to_contain_text("now 149", timeout=WAIT_MS)
    end = time.monotonic() + WAIT_MS / 1000
    while len(history := recorded(anna, site)) < 150:
        assert time.monotonic() < end, "the recorder did not write all values in time"
    chart.get_by_role("button", name="Show as table").click()
    assert drawn(anna.page) == history
