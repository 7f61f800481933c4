"""A copy of an SQLite file that is in use: what was committed when it was made, and nothing of what came later."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from hub.errors import CONFLICT, HubError, Unavailable

PAGES_AT_ONCE = 4_096


def copy(source: Path, target: Path) -> None:
    """Write a copy to a file that is not there yet, for its owner only; raises HubError. May block for long.

    The source is read in one transaction: whoever writes to it goes on and is not seen.
    """
    if not source.exists():
        raise Unavailable(f"There is no {source}; see HUB_DATA_DIR.")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise HubError(f"{target} is there already; give another name.", code=CONFLICT) from None
    except OSError as error:
        raise Unavailable(f"{target} can't be written: {error.strerror}.") from error
    try:
        _copy(source, target)
    except BaseException:
        target.unlink()
        raise


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as read:
            # Without it, each part is of another moment, and a writer would make it begin anew for ever.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            with closing(sqlite3.connect(target)) as written:
                read.backup(written, pages=PAGES_AT_ONCE)
    except sqlite3.Error as error:
        raise Unavailable(f"{source} can't be copied: {error}.") from error
