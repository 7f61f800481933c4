"""docs/devices.md and its pages: each family has one, which says what is understood and what is not."""

import re
from pathlib import Path

import pytest

from hub.decoders import FAMILIES
from tests.sources import ROOT

DOCS = ROOT / "docs"
ROW = re.compile(r"^\| \[[^\]]+\]\(devices/([\w-]+\.md)\) \| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
PAGES = {page: re.findall(r"`(\w+)`", names) for page, names in ROW.findall((DOCS / "devices.md").read_text())}
OTHERS = {"registry.md"}


def test_every_family_is_named_once_with_a_page() -> None:
    named = [name for names in PAGES.values() for name in names]
    assert sorted(named) == sorted(decoder.family for decoder in FAMILIES)
    assert {path.name for path in (DOCS / "devices").iterdir()} - OTHERS == set(PAGES)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_says_what_is_not_understood_too(page: str) -> None:
    text = Path(DOCS / "devices" / page).read_text()
    assert "Not understood" in text
    assert re.search(r"\bUnderstood\b|\*\*Plain\*\*|\*\*Keys\*\*", text)
    assert "**Topics**" in text or re.search(r"`[^`]*/[^`]*`", text)
