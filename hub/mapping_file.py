"""The mappings of a YAML file: a list of records, read at the start and whenever the process gets SIGHUP."""

import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import yaml

from hub.mapping import TopicMapping, parse_mapping
from hub.mapping_path import InvalidMapping
from hub.mappings import MAX_MAPPINGS, Mappings

log = logging.getLogger(__name__)


def parse_file(text: str) -> list[TopicMapping]:
    """The mappings of the file's text; raises InvalidMapping for the first fault. No text is no mapping."""
    try:
        records = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidMapping(f"It is no YAML: {' '.join(str(error).split())}.") from None
    if records is None:
        return []
    if not isinstance(records, list) or len(records) > MAX_MAPPINGS:
        raise InvalidMapping(f"A file of mappings is a list of at most {MAX_MAPPINGS}.")
    mappings = [parse_mapping(record) for record in records]
    names = [mapping.name for mapping in mappings]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidMapping(f"There are two mappings of the name {twice[0]}.")
    return mappings


def render_file(mappings: Sequence[TopicMapping]) -> str:
    """The text that `parse_file` reads as these mappings."""
    records = [mapping.record() for mapping in mappings]
    return yaml.safe_dump(records, sort_keys=False, allow_unicode=True) if records else ""


def read_file(path: Path, *, missing_ok: bool = False) -> list[TopicMapping]:
    """The mappings of a file; raises InvalidMapping, with its path, also where it can't be read."""
    try:
        return parse_file(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if missing_ok:
            return []
        raise InvalidMapping(f"{path} does not exist; see HUB_MAPPINGS_FILE.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMapping(f"{path} can't be read: {error}") from None
    except InvalidMapping as error:
        raise InvalidMapping(f"{path}: {error}") from None


class MappingFile:
    """The file of a process that runs. Opened and closed by `async with`, which raises InvalidMapping at the start."""

    def __init__(self, path: Path, mappings: Mappings) -> None:
        self._path = path
        self._mappings = mappings

    async def __aenter__(self) -> Self:
        self._mappings.replace_file(read_file(self._path))
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.reload)
        return self

    async def __aexit__(self, *_: object) -> None:
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)

    def reload(self) -> None:
        """Read the file again; one that can't be used changes nothing, which is logged."""
        try:
            self._mappings.replace_file(read_file(self._path))
        except InvalidMapping as error:
            log.error("The mappings stay as they were: %s", error)  # noqa: TRY400 - the sentence says it all
            return
        log.info("%s was read again: %d mappings.", self._path, len(self._mappings.in_file))
