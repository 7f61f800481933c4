"""The dashboard's client library in a Node.js process, subscribed as a test wants it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from tests.sources import ROOT

DASHBOARD = ROOT / "dashboard"
SOURCE = DASHBOARD / "src" / "client" / "testing" / "reader_process.ts"
BUNDLE = """
import { build } from "vite";
const [entry, outDir] = process.argv.slice(1);
const output = { entryFileNames: "reader_process.mjs" };
await build({
  configFile: false, publicDir: false, logLevel: "error",
  build: { ssr: entry, outDir, target: "node20", rolldownOptions: { output } },
});
"""
LINE_BYTES = 64 * 1024 * 1024


def node() -> str:
    """Where Node.js is: in the virtual environment where scripts/node put it there, else on PATH."""
    found = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert found is not None, "scripts/node has not been run"
    return found


def bundled(directory: Path) -> Path:
    """The reader as one file that Node.js runs."""
    argv = [node(), "--input-type=module", "-e", BUNDLE, str(SOURCE), str(directory)]
    subprocess.run(argv, cwd=DASHBOARD, check=True, timeout=60)
    return directory / "reader_process.mjs"


class NodeReader:
    """What each subscription of the process has got, and what was said of the connection."""

    def __init__(self, process: Process, filters: Sequence[str]) -> None:
        self.process = process
        self.filters = filters
        self.lines: list[list[dict[str, Any]]] = [[] for _ in filters]
        self.said: list[dict[str, Any]] = []

    @classmethod
    @asynccontextmanager
    async def reading(
        cls,
        script: Path,
        url: str,
        *,
        token: str,
        filters: Sequence[str],
        snapshot: bool,
        options: Sequence[Mapping[str, Any]],
    ) -> AsyncIterator[Self]:
        """Run it until the block ends; each filter is a subscription of its own, with its options."""
        wanted = [
            {"filters": [topic_filter], "snapshot": snapshot, **asked}
            for topic_filter, asked in zip(filters, options, strict=True)
        ]
        environment = os.environ | {"HUB_TOKEN": token, "HUB_SUBSCRIPTIONS": json.dumps(wanted)}
        # Node.js 20 has a WebSocket only with the flag; later ones take the flag too.
        argv = [node(), "--experimental-websocket", "--no-warnings", str(script), url]
        process = await asyncio.create_subprocess_exec(
            *argv, env=environment, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES
        )
        reader = cls(process, filters)
        reading = asyncio.create_task(reader._read())
        try:
            yield reader
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await reading

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            found = json.loads(line)
            if "which" in found:
                self.lines[found["which"]].append(found)
            else:
                self.said.append(found)

    def numbers(self, which: int) -> list[int]:
        """What came live for a subscription."""
        live = [line for line in self.lines[which] if line.get("snapshot") is False]
        return [number for line in live for _, number in line["events"]]

    def gaps(self) -> list[dict[str, Any]]:
        """What was said to be missing, and snapshots that were not the first."""
        again = [line for lines in self.lines for line in lines[1:] if line.get("snapshot")]
        missing = [line for lines in self.lines for line in lines if line.get("gap")]
        return [*again, *missing, *(line for line in self.said if "error" in line)]
