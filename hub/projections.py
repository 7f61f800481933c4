"""What a store folds from the events, and by which version of the code; pure (docs/design/projections.md)."""

from collections.abc import Iterable, Mapping

from hub import latest, rollup, search_entry

LATEST = "latest"
ROLLUPS = "rollups"
SEARCH = "search"

VERSIONS: Mapping[str, int] = {
    LATEST: latest.VERSION,
    ROLLUPS: rollup.VERSION,
    SEARCH: search_entry.VERSION,
}
"""The projections that are tables. Whoever changes what the same events come to raises the number beside that code."""


def outdated(kept: Mapping[str, tuple[int, bool]], among: Iterable[str]) -> list[str]:
    """The projections to be folded anew; `kept` says of which version each is, and whether a refold was begun."""
    return [name for name in VERSIONS if name in among and kept[name] != (VERSIONS[name], False)]
