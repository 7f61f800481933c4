"""Signing in at an OpenID provider with a real browser: there, back again, and signed in."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.site import WAIT_MS, Person
from tests.issuers import Issuer, issuer
from tests.processes import hub_process

pytestmark = pytest.mark.e2e


@contextmanager
def issuer_beside() -> Iterator[Issuer]:
    """A provider in a thread of its own: the browser's calls block this one."""
    found: list[Issuer] = []
    there, end = threading.Event(), threading.Event()

    async def serve() -> None:
        async with issuer(now_s=time.time()) as one:
            found.append(one)
            there.set()
            await asyncio.to_thread(end.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert there.wait(20)
        yield found[0]
    finally:
        end.set()
        thread.join()


def test_a_person_signs_in_elsewhere(browser: Browser, tmp_path: Path) -> None:
    with issuer_beside() as other:
        settings = {
            "HUB_OIDC_ISSUER": other.url,
            "HUB_OIDC_CLIENT_ID": other.client[0],
            "HUB_OIDC_CLIENT_SECRET": other.client[1],
            "HUB_OIDC_ROLES": "admins=admin",
        }
        with hub_process(tmp_path / "hub", settings) as hub:
            person = Person(browser.new_context())
            person.page.goto(hub.origin)
            person.page.get_by_test_id("sign-in-elsewhere").click()
            expect(person.page.get_by_test_id("sign-in-problem")).to_contain_text("no role", timeout=WAIT_MS)
            assert "#" not in person.page.url
            other.claims["groups"] = ["admins"]
            person.page.get_by_test_id("sign-in-elsewhere").click()
            person.strip_is("live")
            assert person.complaints() == []
            person.context.close()
            assert other.client[1] not in hub.said()
