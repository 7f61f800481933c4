"""What takes a hub's events elsewhere, as the command line has it: `export`, `import`, `replay` and `backup`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add(commands: "argparse._SubParsersAction[Any]", add_hub: Callable[[Any], None]) -> None:
    """Add the commands; `add_hub` adds where a hub is and the token."""
    export = commands.add_parser("export", help="write an incident file, or a whole hub that moves to another store")
    moment = "ms since the epoch, ISO 8601 with a zone, or a position"
    export.add_argument("--from", dest="start", metavar="WHEN", help=f"{moment} (default: all that is kept)")
    export.add_argument("--to", dest="end", metavar="WHEN", help=f"{moment} (default: now)")
    export.add_argument("--devices", metavar="ID,…", help="of these devices only")
    export.add_argument("--filter", action="append", metavar="FILTER", help="of these topics; several (default: #)")
    export.add_argument("--raw", action="store_true", help="also messages that nothing understood, of the log")
    export.add_argument("--all", action="store_true", help="the whole hub, with password hashes; stop it first")
    export.add_argument("file", type=Path, metavar="FILE.hubz")
    export.set_defaults(run=_export)

    taking = commands.add_parser("import", help="put a file of `hub export --all` into an empty store")
    taking.add_argument("file", type=Path, metavar="FILE.hubz")
    taking.set_defaults(run=_import)

    replay = commands.add_parser("replay", help="look at an incident file in a hub of its own, or play it into another")
    replay.add_argument("file", type=Path, metavar="FILE.hubz")
    replay.add_argument("--speed", type=float, default=1.0, metavar="N", help="with --url: so many times as fast")
    add_hub(replay)
    replay.set_defaults(run=_replay)

    backup = commands.add_parser("backup", help="copy the store to a file, while the hub runs")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=_backup)


def _export(arguments: argparse.Namespace) -> int:
    from hub.cli_export import export  # noqa: PLC0415 - each command imports what it needs when it runs

    return _write(export(vars(arguments)))


def _import(arguments: argparse.Namespace) -> int:
    from hub.cli_export import take  # noqa: PLC0415 - see above

    return _write(take(arguments.file))


def _replay(arguments: argparse.Namespace) -> int:
    from hub.cli_replay import replay  # noqa: PLC0415 - see above

    return replay(vars(arguments), lambda line: _write([line]))


def _backup(arguments: argparse.Namespace) -> int:
    from hub.cli_backup import backup  # noqa: PLC0415 - see above

    return _write(backup(arguments.file))


def _write(lines: list[str]) -> int:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
    return 0
