"""What decoders have learnt, kept over restarts: brokers send retained discovery only to new subscriptions."""

import asyncio
import logging
from pathlib import Path

import orjson

from hub.decoders.base import Knowledge

log = logging.getLogger(__name__)

SAVE_EVERY_S = 5.0


class KnowledgeFile:
    """One JSON file, replaced as a whole when something was learnt. What is lost with it is learnt anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = b""

    def load(self) -> Knowledge:
        """What was kept; nothing where the file is missing or can't be read (which is logged)."""
        try:
            content = self._path.read_bytes()
            families = orjson.loads(content)
        except FileNotFoundError:
            return Knowledge()
        except (OSError, orjson.JSONDecodeError) as error:
            log.warning("%s can't be read (%s); names and units are learnt anew.", self._path, error)
            return Knowledge()
        self._saved = content
        return Knowledge(families)

    def save(self, knowledge: Knowledge) -> None:
        """Keep it, if it differs from what is kept; a disk that refuses is logged."""
        content = orjson.dumps(knowledge.families)
        if content == self._saved:
            return
        draft = self._path.with_suffix(".draft")
        try:
            draft.write_bytes(content)
            draft.replace(self._path)
        except OSError as error:
            log.warning("%s can't be written (%s); after a restart names and units are learnt anew.", self._path, error)
            return
        self._saved = content

    async def keep(self, knowledge: Knowledge) -> None:
        """Save every SAVE_EVERY_S, and at the end."""
        try:
            while True:
                await asyncio.sleep(SAVE_EVERY_S)
                self.save(knowledge)
        finally:
            self.save(knowledge)
