"""Makes docs/images/devices.png: the device list of `hub demo`, which this starts on free ports and ends again."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e.site import ARGUMENTS, Site  # noqa: E402 - found only once the path is set
from tests.processes import HubProcess  # noqa: E402
from tests.servers import program  # noqa: E402

IMAGE = ROOT / "docs" / "images" / "devices.png"
MAX_BYTES = 200_000
VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
DEVICES = 20
WAIT_MS = 60_000


def main() -> int:
    """Start the demo, look at it, write the image."""
    with tempfile.TemporaryDirectory() as directory:
        hub = HubProcess(Path(directory), {}, command=("demo", "--devices", str(DEVICES)))
        hub.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program("chromium"), args=ARGUMENTS)
                image = photograph(opened(browser, Site(hub)))
                browser.close()
        finally:
            hub.stop()
    if len(image) > MAX_BYTES:
        sys.stderr.write(f"The image has {len(image)} bytes; at most {MAX_BYTES} are wanted.\n")
        return 1
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    IMAGE.write_bytes(image)
    print(f"{IMAGE.relative_to(ROOT)}: {len(image)} bytes")
    return 0


def opened(browser: Browser, site: Site) -> Page:
    """The device list of the first admin, in English and in light colours."""
    state = site.state(browser, "anna")
    context = browser.new_context(viewport=VIEWPORT, color_scheme="light", locale="en-GB", storage_state=state)
    page = context.new_page()
    page.goto(f"{site.origin}/devices")
    return page


def photograph(page: Page) -> bytes:
    """The page once every device of the fleet has said something."""
    rows = page.locator("tr[data-device]", has=page.locator("[data-key]"))
    expect(rows).to_have_count(DEVICES, timeout=WAIT_MS)
    expect(page.locator('tr[data-device][data-state="live"]').nth(DEVICES - 3)).to_be_visible(timeout=WAIT_MS)
    # Until then a value of few decimals may have come by chance, and the rate is not of a whole second.
    page.wait_for_timeout(8_000)
    return page.screenshot()


if __name__ == "__main__":
    sys.exit(main())
