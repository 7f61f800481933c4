"""Chat as people use it: rooms, private ones, replies, edits, presence, typing, unread counts and old messages."""

import re
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


def answers(person: Person, text: str) -> None:
    """Say something in the thread that is open."""
    composer = person.page.get_by_test_id("thread-composer")
    composer.fill(text)
    composer.press("Enter")


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
    answers(ivan, "I see it")
    ivan.page.get_by_test_id("close-thread").click()
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


def test_answers_stand_in_a_thread_beside_the_room(people: People, site: Site) -> None:
    anna, ivan = people.comes("anna", "/chat/threads"), people.comes("ivan", "/chat/threads")
    anna.says("the **first** of it")
    ivan.sees_message("the first of it")
    anna.says("something else")
    does(ivan, "first", "Reply")
    answers(ivan, "an answer")
    expect(message(anna, "first").get_by_test_id("answers")).to_contain_text("1 reply", timeout=WAIT_MS)
    # An answer to an answer stands in the same thread.
    does(anna, "an answer", "Reply")
    thread = anna.page.get_by_test_id("thread")
    expect(thread.get_by_test_id("thread-message")).to_have_count(2)
    answers(anna, "and another")
    expect(ivan.page.get_by_test_id("thread").get_by_test_id("thread-message")).to_have_count(3, timeout=WAIT_MS)
    expect(message(ivan, "and another").get_by_test_id("quote")).to_contain_text("the first of it")
    # The address leads there too, and Esc leads back to the room.
    again = people.comes("anna", anna.page.url.removeprefix(site.origin))
    expect(again.page.get_by_test_id("thread-message")).to_have_count(3, timeout=WAIT_MS)
    again.page.get_by_test_id("thread-composer").press("Escape")
    expect(again.page).to_have_url(f"{site.origin}/chat/threads")
    expect(again.page.get_by_test_id("thread")).to_have_count(0)


def test_behind_a_thread_on_a_phone_nothing_is_read(people: People) -> None:
    anna = people.comes("anna", "/chat/small")
    ivan = people.comes("ivan", "/chat/small", viewport={"width": 390, "height": 800})
    ivan.says("a question")
    anna.sees_message("a question")
    does(ivan, "question", "Reply")
    expect(ivan.page.get_by_test_id("composer")).to_be_hidden()
    anna.says("news for all")
    unread = ivan.page.locator('a[data-room="small"]')
    expect(unread).to_have_attribute("data-unread", "1", timeout=WAIT_MS)
    # Twice as long as it takes to be read where it can be seen.
    ivan.page.wait_for_timeout(2500)
    expect(unread).to_have_attribute("data-unread", "1")
    ivan.page.get_by_test_id("close-thread").click()
    expect(unread).to_have_attribute("data-unread", "0", timeout=WAIT_MS)


def test_what_begins_with_a_slash_is_done(people: People, site: Site) -> None:
    site.publish("devices/lamp 7/telemetry", '{"on": false}')
    anna = people.comes("anna", "/devices/lamp 7")
    anna.sees_value("on", "off")
    anna.page.goto(f"{site.origin}/chat/slash")
    composer = anna.page.get_by_test_id("composer")
    composer.press_sequentially("/m")
    expect(anna.page.get_by_test_id("completion")).to_contain_text("/moment")
    composer.press("Enter")
    composer.press_sequentially("lamp")
    expect(anna.page.get_by_test_id("completion")).to_contain_text("lamp 7")
    composer.press("Enter")
    composer.press_sequentially("it is dark")
    composer.press("Enter")
    expect(anna.page.get_by_test_id("attached")).to_contain_text("lamp 7")
    composer.press("Enter")
    expect(message(anna, "it is dark").get_by_test_id("moment")).to_contain_text("lamp 7", timeout=WAIT_MS)
    for wrong in ("/cmd lamp 7", "/dance"):
        composer.fill(wrong)
        composer.press("Enter")
        expect(anna.page.get_by_test_id("composer-note")).to_be_visible()
    composer.fill("/cmd lamp 7 on true")
    composer.press("Enter")
    message(anna, "/cmd lamp 7 on true").get_by_test_id("moment").click(timeout=WAIT_MS)
    anna.page.get_by_test_id("back-to-live").click()
    given = anna.page.get_by_test_id("commands").get_by_role("listitem").filter(has_text="on true")
    expect(given).to_have_count(1, timeout=WAIT_MS)


def test_a_moment_is_shared(people: People, site: Site) -> None:
    site.publish("devices/kitchen/telemetry", '{"temperature": 21.5, "mode": "heat"}')
    anna = people.comes("anna", "/chat/moments")
    anna.says("watch the kitchen")
    anna.sees_message("watch the kitchen")
    anna.page.goto(f"{site.origin}/devices/kitchen")
    anna.sees_value("temperature", "21.5")
    anna.page.get_by_test_id("share").click()
    anna.page.get_by_test_id("share-room").select_option("moments")
    anna.page.get_by_test_id("share-send").click()
    chip = anna.page.get_by_test_id("message").get_by_test_id("moment")
    expect(chip).to_have_text(re.compile(r"kitchen\d\d:\d\d:\d\d"), timeout=WAIT_MS)
    path = chip.get_attribute("href")
    assert path is not None
    assert path.startswith(f"/devices/{quote('kitchen')}?at=")
    site.publish("devices/kitchen/telemetry", '{"temperature": 3.5}')
    chip.click()
    page_then(anna, "21.5")
    expect(anna.page.locator('[data-chart="temperature"]')).to_have_attribute("data-state", "ready", timeout=WAIT_MS)
    anna.page.get_by_test_id("back-to-live").click()
    anna.sees_value("temperature", "3.5")
    expect(anna.page.get_by_test_id("moment-bar")).to_have_count(0)
    # The position alone is enough, too, and a time.
    position, _, time = path.partition("?at=")[2].partition("&time=")
    anna.page.goto(f"{site.origin}/devices/kitchen?at={position}")
    page_then(anna, "21.5")
    anna.page.goto(f"{site.origin}/devices/kitchen?at={time}")
    page_then(anna, "21.5")


def page_then(person: Person, temperature: str) -> None:
    """The page shows a moment of the past, and says so."""
    expect(person.page.get_by_test_id("moment-bar")).to_contain_text("As of", timeout=WAIT_MS)
    value = person.page.get_by_test_id("moment-values").locator('[data-key="temperature"]')
    expect(value).to_contain_text(temperature)
    expect(value).to_have_attribute("data-state", "replaying")
