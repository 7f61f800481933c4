"""Chat as people use it: rooms, private ones, replies, edits, presence, typing, unread counts and old messages."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.site import WAIT_MS, People, Person, Site

NASTY = "<img src=x onerror=\"document.title='broken'\"><script>document.title = 'broken'</script>"
OLD = 180
"""More messages than the page draws at once."""

pytestmark = pytest.mark.e2e


def message(person: Person, text: str) -> Locator:
    """The message whose own text has this in it, not one that quotes it."""
    text_of = person.page.locator(".message__text", has_text=text)
    return person.page.get_by_test_id("message").filter(has=text_of)


def does(person: Person, text: str, action: str) -> None:
    """Use a button of a message."""
    found = message(person, text)
    found.hover()
    found.get_by_role("button", name=action, exact=True).click()


def room(person: Person, name: str) -> Locator:
    """A room in the list."""
    return person.page.locator(f'a[data-room="{name}"]')


def publish(person: Person, site: Site, topic: str, text: str) -> None:
    """Say something without the page, when the hub takes it."""
    headers, data = {"Origin": site.origin}, {"topic": topic, "data": {"text": text}}
    while not (answer := person.context.request.post(f"{site.origin}/api/events", data=data, headers=headers)).ok:
        assert answer.status == 429, answer.text()
        person.page.wait_for_timeout(200)


def test_two_in_a_private_room(people: People, site: Site) -> None:
    anna, ivan = people.comes("anna", "/chat"), people.comes("ivan", "/chat/lobby")
    anna.page.get_by_test_id("new-room").click()
    form = anna.page.get_by_role("dialog")
    form.get_by_test_id("room-name").fill("boiler")
    form.get_by_test_id("new-topic").fill("it leaks")
    form.get_by_test_id("private").check()
    form.get_by_test_id("new-members").fill("ivan")
    form.get_by_test_id("make-room").click()
    expect(anna.page).to_have_url(f"{site.origin}/chat/~boiler")
    expect(anna.page.get_by_test_id("topic")).to_have_text("it leaks", timeout=WAIT_MS)
    anna.says("@ivan **look** here")
    expect(room(ivan, "~boiler")).to_have_attribute("data-unread", "1", timeout=WAIT_MS)
    expect(room(ivan, "~boiler").get_by_role("img", name="1 mention of you")).to_be_visible()
    room(ivan, "~boiler").click()
    expect(message(ivan, "look").locator("strong", has_text="look")).to_be_visible(timeout=WAIT_MS)
    expect(message(ivan, "look").locator(".message__name--me")).to_have_text("@ivan")
    # Read when it was in view for a second, and so it is told in another tab.
    expect(room(ivan, "~boiler")).to_have_attribute("data-unread", "0", timeout=WAIT_MS)
    does(ivan, "look", "Reply")
    ivan.says("I see it")
    quoting = message(anna, "I see it").get_by_test_id("quote")
    expect(quoting).to_contain_text("look", timeout=WAIT_MS)
    does(ivan, "I see it", "Edit")
    ivan.page.get_by_test_id("editor").fill("I mend it")
    ivan.page.get_by_test_id("editor").press("Enter")
    expect(message(anna, "I mend it")).to_contain_text("edited", timeout=WAIT_MS)
    does(anna, "I mend it", "Delete")
    anna.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for person in (anna, ivan):
        expect(person.page.locator("[data-deleted]")).to_contain_text("Deleted by anna", timeout=WAIT_MS)
    anna.page.get_by_test_id("about-room").click()
    expect(anna.page.get_by_test_id("members")).to_contain_text("ivan")
    anna.page.get_by_role("button", name="Remove ivan").click()
    expect(room(ivan, "~boiler").get_by_role("time")).to_have_count(0, timeout=WAIT_MS)


def test_who_is_here_and_who_is_typing(people: People) -> None:
    anna, ivan = people.comes("anna", "/chat/hall"), people.comes("ivan", "/chat/hall")
    ivan.says("good morning")
    anna.sees_message("good morning")
    expect(anna.page.get_by_test_id("here")).to_contain_text("ivan", timeout=WAIT_MS)
    again = people.comes("ivan", "/chat/hall")
    again.sees_message("good morning")
    ivan.page.get_by_test_id("composer").press_sequentially("so")
    expect(anna.page.get_by_test_id("typing")).to_have_text("ivan is typing…", timeout=WAIT_MS)
    expect(again.page.get_by_test_id("typing")).to_have_text("")
    ivan.says("so be it")
    expect(anna.page.get_by_test_id("typing")).to_have_text("", timeout=WAIT_MS)
    anna.page.get_by_test_id("here").click()
    expect(anna.page.get_by_test_id("here-now")).to_contain_text("2 tabs", timeout=WAIT_MS)
    anna.page.keyboard.press("Escape")
    anna.page.get_by_test_id("composer").press_sequentially("@iv")
    expect(anna.page.get_by_test_id("completion")).to_contain_text("@ivan")
    anna.page.keyboard.press("Enter")
    expect(anna.page.get_by_test_id("composer")).to_have_value("@ivan ")
    for person in (ivan, again):
        person.page.goto("about:blank")
    expect(anna.page.get_by_test_id("here")).not_to_contain_text("ivan", timeout=WAIT_MS)


def test_what_is_said_stays_text(people: People) -> None:
    anna, ivan = people.comes("anna", "/chat/lab"), people.comes("ivan", "/chat/lab")
    ivan.says(NASTY)
    ivan.says("[click](javascript:alert(1)) and [plan](https://example.org/p)")
    expect(message(anna, "<img src=x")).to_contain_text(NASTY, timeout=WAIT_MS)
    links = message(anna, "click").get_by_role("link")
    expect(links).to_have_count(1, timeout=WAIT_MS)
    expect(links).to_have_attribute("href", "https://example.org/p")
    expect(anna.page.locator(".message img, .message script")).to_have_count(0)
    assert "broken" not in anna.page.title()


def test_old_messages_come_by_scrolling_up(people: People, site: Site) -> None:
    anna, ivan = people.comes("anna", "/"), people.comes("ivan", "/")
    publish(ivan, site, "chat/archive", "the first of all")
    for n in range(OLD):
        publish(ivan, site, "chat/archive", f"line {n}.")
    anna.page.goto(f"{site.origin}/chat/archive")
    # It opens on what is new, with a line above it.
    expect(anna.page.get_by_test_id("new-line")).to_be_visible(timeout=WAIT_MS)
    expect(message(anna, "the first of all")).to_be_visible(timeout=WAIT_MS)
    anna.page.get_by_role("button", name="Jump to latest").click()
    expect(message(anna, f"line {OLD - 1}.")).to_be_in_viewport(timeout=WAIT_MS)
    expect(message(anna, "the first of all")).to_have_count(0)
    expect(room(anna, "archive")).to_have_attribute("data-unread", "0", timeout=WAIT_MS)
    log = anna.page.get_by_role("log")
    for _ in range(60):
        log.hover()
        anna.page.mouse.wheel(0, -1500)
        if message(anna, "the first of all").is_visible():
            break
        anna.page.wait_for_timeout(50)
    expect(anna.page.get_by_text("This is the beginning of # archive")).to_be_visible(timeout=WAIT_MS)


def test_a_moment_is_shared(people: People, site: Site) -> None:
    site.publish("devices/kitchen/telemetry", '{"temperature": 21.5}')
    anna = people.comes("anna", "/chat/moments")
    anna.says("watch the kitchen")
    anna.sees_message("watch the kitchen")
    anna.page.goto(f"{site.origin}/devices/kitchen")
    anna.page.get_by_test_id("share").click()
    anna.page.get_by_test_id("share-room").select_option("moments")
    anna.page.get_by_test_id("share-send").click()
    chip = anna.page.get_by_test_id("message").get_by_test_id("moment")
    expect(chip).to_have_count(1, timeout=WAIT_MS)
    path = chip.get_attribute("href")
    assert path is not None
    assert path.startswith(f"/devices/{quote('kitchen')}?at=")
    chip.click()
    expect(anna.page.locator('header[data-device="kitchen"]')).to_be_visible(timeout=WAIT_MS)
