"""Opens what commands and twins need, and gives the composition root what is to run, to count and to answer."""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from hub.command_runner import CommandRunner
from hub.commanding import Commands
from hub.decoders.base import Knowledge
from hub.engine.base import Engine
from hub.ingest import Ingest
from hub.mqtt.base import MqttClient
from hub.node import Node
from hub.observability.metrics import Reading
from hub.settings import Settings
from hub.store.base import EventStore
from hub.store_choice import step_store
from hub.twin_keeper import TwinKeeper
from hub.twins import Twins


@dataclass(frozen=True, slots=True)
class Commanding:
    """The commands and twins of this process; those with a broker also run them."""

    commands: Commands
    twins: Twins
    keeper: TwinKeeper
    engine: Engine
    name: str

    def runner(self, client: MqttClient, knowledge: Knowledge, ingest: Ingest) -> CommandRunner:
        """Who sends commands by this client, and is told the answers that ingest hears."""
        runner = CommandRunner(self.commands, client=client, engine=self.engine, knowledge=knowledge, name=self.name)
        ingest.awaited = runner.flights.awaited
        return runner

    def readings(self) -> Iterator[Reading]:
        """The counters, by the names of the metrics table."""
        ledger = self.commands.ledger
        yield "hub_commands_open", "", len(ledger)
        yield "hub_command_steps_ignored", "", ledger.ignored
        yield "hub_commands_forgotten", "", ledger.forgotten
        for state, number in ledger.steps.items():
            yield "hub_command_steps", state, number
        yield from self.keeper.readings()


async def open_commanding(
    settings: Settings,
    *,
    node: Node,
    engine: Engine,
    store: EventStore,
    now_ms: Callable[[], int],
    stack: AsyncExitStack,
) -> Commanding:
    """Open the steps' store and let the node know who takes commands and wishes; the stack closes it."""
    steps = await stack.enter_async_context(step_store(settings))
    commands = Commands(
        node, engine=engine, store=store, steps=steps, now_ms=now_ms, approval=frozenset(settings.command_approval)
    )
    node.publishers["command"] = commands.publish
    twins = Twins(node, engine=engine, now_ms=now_ms, source=settings.mqtt_client_id)
    node.publishers["twin"] = twins.publish
    return Commanding(commands, twins, TwinKeeper(twins, commands), engine, settings.mqtt_client_id)
