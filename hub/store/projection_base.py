"""The store seam of projections: tables that are folded from the events, and can be folded from them anew."""

from collections.abc import Callable, Sequence
from typing import Protocol

Told = Callable[[str, int], None]
"""Is told the name of a projection, and of how many events or stretches it was folded anew since it was told last."""


class Projections(Protocol):
    """Folds projections (see `hub.projections`) anew, beside what is served of them until then.

    What is there then is of the events and of nothing else, but for what retention has deleted. Killed in it, the old
    one is served, and it goes on or begins again with the next start.
    """

    async def rebuild(self, names: Sequence[str], *, told: Told) -> Sequence[str]:
        """Fold these anew, one after the other, and give those that this store can fold anew.

        Raises Unavailable where another process is at it, or the store can't.
        """
        ...
