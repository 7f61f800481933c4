"""Which projections are to be folded anew."""

from hub.projections import LATEST, ROLLUPS, SEARCH, VERSIONS, outdated


def test_another_version_and_what_was_begun() -> None:
    fresh = {name: (version, False) for name, version in VERSIONS.items()}
    assert outdated(fresh, VERSIONS) == []
    assert outdated(fresh | {ROLLUPS: (0, False)}, VERSIONS) == [ROLLUPS]
    assert outdated(fresh | {SEARCH: (VERSIONS[SEARCH] + 1, False)}, VERSIONS) == [SEARCH]
    assert outdated(fresh | {LATEST: (VERSIONS[LATEST], True)}, VERSIONS) == [LATEST]
    assert outdated(fresh | {LATEST: (0, True), SEARCH: (0, False)}, (SEARCH,)) == [SEARCH]
