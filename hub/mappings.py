"""The mappings of this process: the operators' own, from the log, before those of the file; pure."""

from collections.abc import Callable, Collection, Iterable, Sequence

from hub.decoders.base import Decode, Decoded, Knowledge, Malformed
from hub.mapping import FORMATS, TopicMapping
from hub.mapping_family import FamilyReader
from hub.mapping_reading import MappingReader
from hub.topics import FilterIndex

MAX_MAPPINGS = 1_000
"""Of one origin; past it the API refuses more, and a file with more is not taken."""

Reader = MappingReader | FamilyReader
"""A mapping that is ready to read."""


class Mappings:
    """Mappings by name. One on the log hides one of the same name in the file. `changed` is called after a change.

    What families learn that mappings name goes into `knowledge`.
    """

    def __init__(self, knowledge: Knowledge | None = None) -> None:
        self.changed: Callable[[], object] = lambda: None
        self._knowledge = knowledge or Knowledge()
        self._of_log: dict[str, TopicMapping] = {}
        self._of_file: dict[str, TopicMapping] = {}
        self._shown: dict[str, Reader] = {}
        self._index: FilterIndex[Reader] = FilterIndex()

    def __len__(self) -> int:
        return len(self._shown)

    @property
    def on_log(self) -> dict[str, TopicMapping]:
        """Those that operators stored, by name."""
        return dict(self._of_log)

    @property
    def in_file(self) -> dict[str, TopicMapping]:
        """Those of the file, by name; also those that one on the log hides."""
        return dict(self._of_file)

    def put(self, mapping: TopicMapping) -> Reader:
        """Take a mapping of the log, instead of one with its name; what reads by it."""
        self._of_log[mapping.name] = mapping
        self._show(mapping.name)
        return self._shown[mapping.name]

    def remove(self, name: str) -> None:
        """Forget a mapping of the log; nothing happens where there is none."""
        if self._of_log.pop(name, None) is not None:
            self._show(name)

    def replace_file(self, mappings: Iterable[TopicMapping]) -> None:
        """Take the mappings of the file instead of those that it had."""
        before = self._of_file
        self._of_file = {mapping.name: mapping for mapping in mappings}
        self._show(*(before | self._of_file))

    def of(self, topic: str) -> list[Reader]:
        """The mappings whose filters select a topic: those with fewer wildcards first, then by name."""
        return sorted(self._index.match(topic), key=_precedence) if topic else []

    def decode_of(self, topic: str, formats: Collection[str] = FORMATS) -> Decode | None:
        """What reads the messages of a topic: the first mapping of the formats that can; None where none selects it."""
        fit = (each for each in self.of(topic) if each.mapping.ignore or each.mapping.format in formats)
        bound = [decode for reader in fit if (decode := reader.bind(topic)) is not None]
        if len(bound) <= 1:
            return bound[0] if bound else None
        return _first_of(bound)

    def _show(self, *names: str) -> None:
        for name in names:
            hidden = self._shown.pop(name, None)
            if hidden is not None:
                self._index.discard(hidden.mapping.filter, hidden)
            mapping = self._of_log.get(name) or self._of_file.get(name)
            if mapping is not None:
                reader = self._shown[name] = self._reader(mapping)
                self._index.add(mapping.filter, reader)
        self.changed()

    def _reader(self, mapping: TopicMapping) -> Reader:
        return FamilyReader(mapping, self._knowledge) if mapping.family else MappingReader(mapping)


def _precedence(reader: Reader) -> tuple[bool, int, str]:
    levels = reader.mapping.filter.split("/")
    return levels[-1] == "#", levels.count("+"), reader.mapping.name


def _first_of(bound: list[Decode]) -> Decode:
    def decode(payload: bytes, now_ms: int) -> Sequence[Decoded]:
        for each in bound[:-1]:
            try:
                return each(payload, now_ms)
            except Malformed:
                continue
        return bound[-1](payload, now_ms)

    return decode
