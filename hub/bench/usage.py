"""What processes use, as Linux tells it in /proc; nothing where there is no such thing."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

PROC = Path("/proc")
_PARENT, _USER_TICKS, _SYSTEM_TICKS = 1, 11, 12
"""Of the fields behind the program's name in `stat`: proc(5)."""


class Usage:
    """Reads what some processes use, each with all it has started."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids

    def cpu_s(self) -> dict[str, float]:
        """Seconds of CPU so far, by process."""
        tick_s = 1 / os.sysconf("SC_CLK_TCK")
        fields = dict(_all_fields())
        return {
            name: tick_s
            * sum(int(fields[one][i]) for one in _family(pid, fields) for i in (_USER_TICKS, _SYSTEM_TICKS))
            for name, pid in self._pids.items()
        }

    def rss_bytes(self, name: str) -> int:
        """Resident memory now."""
        page = os.sysconf("SC_PAGE_SIZE")
        pid = self._pids.get(name)
        return 0 if pid is None else sum(page * _pages(one) for one in _family(pid, dict(_all_fields())))


def _all_fields() -> Iterator[tuple[int, list[str]]]:
    for directory in PROC.glob("[0-9]*"):
        try:
            text = (directory / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has just ended
        yield int(directory.name), text.rpartition(")")[2].split()


def _family(pid: int, fields: Mapping[int, list[str]]) -> list[int]:
    found = [pid] if pid in fields else []
    for one in found:
        found += [child for child, of in fields.items() if int(of[_PARENT]) == one]
    return found


def _pages(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
