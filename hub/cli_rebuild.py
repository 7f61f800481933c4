"""`hub rebuild`: what the store folds from the events is folded from them anew."""

import asyncio
import time
from collections.abc import Callable, Sequence

from hub.errors import BAD_REQUEST, HubError
from hub.projections import VERSIONS
from hub.settings import load
from hub.store_choice import database, event_store, projections

EVERY_S = 1.0
"""How often it is said how far it has come."""

Said = Callable[[str], object]


class _Progress:
    def __init__(self, said: Said) -> None:
        self._said = said
        self._counts: dict[str, int] = {}
        self._at_s = time.monotonic()

    def told(self, name: str, done: int) -> None:
        self._counts[name] = self._counts.get(name, 0) + done
        if time.monotonic() - self._at_s >= EVERY_S:
            self._at_s = time.monotonic()
            self._said(f"{name}: {self._counts[name]} …")

    def end(self, names: Sequence[str]) -> None:
        for name in names:
            self._said(f"{name}: folded anew, {self._counts.get(name, 0)} in all")


def rebuild(only: str | None, said: Said) -> None:
    """Fold projections anew, all or those of a list with commas; says how far it has come. Raises HubError."""
    names = [*VERSIONS] if only is None else [name.strip() for name in only.split(",")]
    unknown = [name for name in names if name not in VERSIONS]
    if unknown:
        raise HubError(f"There is no projection {unknown[0]!r}; there are {', '.join(VERSIONS)}.", code=BAD_REQUEST)
    asyncio.run(_rebuild(names, said))


async def _rebuild(names: Sequence[str], said: Said) -> None:
    settings = load().prepare()
    progress = _Progress(said)
    async with database(settings), event_store(settings) as store:
        folded = await projections(store).rebuild(names, told=progress.told)
    progress.end(folded)
    for name in names:
        if name not in folded:
            said(f"{name}: not folded anew; this store computes them as events come (docs/history.md)")
