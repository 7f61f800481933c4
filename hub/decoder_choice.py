"""Which decoders read what devices say: mappings first, then those of one's own, then the built-in families."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from hub.decoders import FAMILIES
from hub.decoders.base import Decoder, Knowledge
from hub.decoders.mapped import Mapped
from hub.decoders.registry import Decoders
from hub.descriptions import Descriptions
from hub.engine.base import Engine
from hub.inbox_desk import InboxDesk
from hub.mapping_file import MappingFile
from hub.mappings import Mappings
from hub.node import Node
from hub.observability.metrics import Reading
from hub.own_decoders import Guarded, load_own
from hub.settings import Settings
from hub.submissions import Reminder, Submissions


@dataclass(frozen=True, slots=True)
class Decoding:
    """The mappings of this process with its inbox, what decoders have learnt, and the decoders of one's own."""

    desk: InboxDesk
    knowledge: Knowledge
    own: Sequence[Guarded]

    async def decoders(self) -> Decoders:
        """All decoders in their order, once the stored mappings are known; they follow changes of the mappings."""
        await self.desk.begun.wait()
        families: list[Decoder] = [Mapped(self.desk.mappings), *self.own, *FAMILIES]
        found = Decoders(families, self.knowledge)
        self.desk.mappings.changed = found.reset
        return found

    def submissions(
        self, node: Node, *, engine: Engine, descriptions: Descriptions, now_ms: Callable[[], int], alone: bool
    ) -> Submissions:
        """What takes bodies by HTTP; `alone`: no other process tells of devices."""
        reminder = Reminder(node.latest.get, ready=self.desk.begun.is_set, once=alone)
        return Submissions(
            engine=engine,
            descriptions=descriptions,
            knowledge=self.knowledge,
            mappings=self.desk.mappings,
            now_ms=now_ms,
            remind=reminder.remind,
        )

    def readings(self) -> Iterator[Reading]:
        """The counters, by the names of the metrics table."""
        yield "hub_mappings", "", len(self.desk.mappings)
        yield "hub_inbox_shapes", "", len(self.desk.inbox)
        yield "hub_inbox_evicted", "", self.desk.inbox.evicted
        yield "hub_inbox_skipped", "", self.desk.skipped
        for decoder in self.own:
            yield "hub_own_decoder_failures", decoder.family, decoder.failures


async def open_decoding(
    settings: Settings,
    *,
    node: Node,
    engine: Engine,
    descriptions: Descriptions,
    now_ms: Callable[[], int],
    stack: AsyncExitStack,
) -> Decoding:
    """Open the inbox and load what is configured; the stack closes it. Raises InvalidMapping for an unfit file."""
    knowledge = Knowledge()
    mappings = Mappings(knowledge)
    if settings.mappings_file is not None:
        await stack.enter_async_context(MappingFile(settings.mappings_file, mappings))
    desk = InboxDesk(
        node=node,
        engine=engine,
        mappings=mappings,
        descriptions=descriptions,
        remind="ingest" not in settings.roles,
        now_ms=now_ms,
    )
    return Decoding(await stack.enter_async_context(desk), knowledge, load_own())
