"""Time zones by the names of the IANA database; pure: their rules come with the platform, as those of letters do."""

from functools import lru_cache
from zoneinfo import ZoneInfo

MAX_ZONES = 512
"""Zones that are remembered; there are about as many."""


@lru_cache(maxsize=MAX_ZONES)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of a name as `Europe/Berlin`; None where the platform knows none."""
    try:
        return ZoneInfo(name)
    except (OSError, KeyError, ValueError):
        # Names may also be those of folders, or lead out of the database.
        return None
