"""The composition root: reads the settings, chooses implementations and wires them. Nothing else does."""

import asyncio
import gc
import logging
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hub import __version__
from hub.allowance import Allowance
from hub.api.app import create_api
from hub.api.commands import router as commands_router
from hub.api.deps import Context, identity
from hub.api.first_start import FirstStart
from hub.api.inbox import router as inbox_router
from hub.api.ingest import router as ingest_router
from hub.api.moments import router as moments_router
from hub.api.search import router as search_router
from hub.api.state import router as state_router
from hub.api.twins import router as twins_router
from hub.asking import Asking
from hub.auth_choice import Auth, open_auth
from hub.broker_choice import Broker, open_broker, open_client
from hub.command_choice import Commanding, open_commanding
from hub.decoder_choice import Decoding, open_decoding
from hub.descriptions import Descriptions
from hub.device_watch import DeviceWatch
from hub.engine.base import Engine
from hub.engine.ephemeral_base import Ephemeral
from hub.engine.ephemeral_local import LocalEphemeral
from hub.engine.local import LocalEngine
from hub.engine.presence_base import Presence
from hub.engine.presence_local import LocalPresence
from hub.ingest import Ingest
from hub.knowledge_file import KnowledgeFile
from hub.mqtt.base import LinkState
from hub.node import Node
from hub.observability.logging import configure
from hub.observability.metrics import CONTENT_TYPE, Metrics
from hub.presence import NodePresence
from hub.readiness import ReadinessCheck
from hub.readings import Readings
from hub.recorder import Recorder
from hub.replaying import Replaying
from hub.server import Asgi, bind, raise_file_limit, server
from hub.settings import Settings
from hub.store.archive_base import Store
from hub.store.base import UserStore
from hub.store.user_table import UserTable
from hub.store_choice import database, event_store, prepare
from hub.submissions import Submissions
from hub.transports import polling
from hub.transports.forwarded import Proxies
from hub.transports.not_installed import NotInstalled
from hub.transports.sse import EventsEndpoint
from hub.transports.websocket import WebSocketEndpoint

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

log = logging.getLogger(__name__)

LOG_FILE = "log.db"
PRESENCE_FILE = "presence.db"
KNOWLEDGE_FILE = "knowledge.json"
SOCKETIO_PATH = "/socket.io/"
RESTART_S = 1.0
GC_THRESHOLDS = (5_000, 20, 100)
"""Python's own (700, 10, 10) look at all that lives several times in 10 s of load: 20 to 80 ms each (measured)."""
SWITCH_INTERVAL_S = 0.001
"""How long the threads of log and store may keep the interpreter from the loop; Python's own 5 ms showed in p99."""


def run(settings: Settings) -> None:
    """Run the hub until SIGTERM or SIGINT; raises HubError for what keeps it from starting."""
    configure(settings.log_level)
    raise_file_limit()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if sys.platform == "win32":
        asyncio.run(serve(settings))
    else:
        import uvloop  # noqa: PLC0415 - not there on Windows

        uvloop.run(serve(settings))


async def serve(settings: Settings) -> None:
    """The same within a running loop.

    What is opened first is closed last: sessions are told, consumers end, then log, store and broker close.
    """
    listener = bind(settings.http_host, settings.http_port)
    async with AsyncExitStack() as stack:
        stack.callback(listener.close)
        hub = await open_hub(settings, stack)
        for line in greeting(hub):
            print(line, flush=True)  # noqa: T201 - what a person who starts the hub waits for
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        refused = hub.node.allowance.refused
        await server(asgi(hub), on_stop=hub.node.close_sessions, refused=refused).serve(sockets=[listener])


@dataclass(slots=True, kw_only=True)
class Hub:
    """Everything of one process, wired. Parts that this process' roles don't have are None."""

    settings: Settings
    broker: Broker | None
    engine: Engine
    store: Store
    users: UserStore
    auth: Auth
    node: Node
    decoding: Decoding
    commanding: Commanding
    metrics: Metrics
    readiness: ReadinessCheck
    first_start: FirstStart
    socketio: Asgi
    replaying: Replaying
    descriptions: Descriptions
    watch: DeviceWatch
    recorder: Recorder | None = None
    ingest: Ingest | None = None
    asking: Asking | None = None


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


async def open_hub(settings: Settings, stack: AsyncExitStack) -> Hub:
    """Open and start every part; the stack closes them. Raises HubError with what to do about it."""
    settings.prepare()
    broker = await open_broker(settings, stack) if "ingest" in settings.roles else None
    await asyncio.to_thread(prepare, settings)
    tables = await stack.enter_async_context(database(settings))
    store = await stack.enter_async_context(event_store(settings))
    users = UserTable(tables)
    engine, shared_presence, ephemeral = await _open_engine(settings, stack)
    presence = await stack.enter_async_context(NodePresence(shared_presence))
    node = await stack.enter_async_context(
        Node(
            engine=engine,
            store=store,
            presence=presence,
            ephemeral=ephemeral,
            now_ms=now_ms,
            session_limit_bytes=settings.session_max_bytes,
            allowance=Allowance(
                connections_per_user=settings.connections_per_user,
                connections_per_address=settings.connections_per_address,
            ),
        )
    )
    auth = await open_auth(settings, node, tables, stack)
    replaying = Replaying(store, node.chat.rooms)
    descriptions = Descriptions(approve=settings.devices == "approve")
    hub = Hub(
        settings=settings,
        descriptions=descriptions,
        watch=DeviceWatch(descriptions, node=node, engine=engine, now_ms=now_ms),
        broker=broker,
        engine=engine,
        store=store,
        users=users,
        auth=auth,
        node=node,
        decoding=await open_decoding(
            settings, node=node, engine=engine, descriptions=descriptions, now_ms=now_ms, stack=stack
        ),
        commanding=await open_commanding(settings, node=node, engine=engine, store=store, now_ms=now_ms, stack=stack),
        metrics=Metrics(),
        readiness=ReadinessCheck(node=node, node_id=secrets.token_hex(4), needs_broker=broker is not None),
        socketio=await _open_socketio(node, auth, settings, stack, replaying=replaying),
        replaying=replaying,
        first_start=FirstStart(None if await users.list() else secrets.token_urlsafe(24)),
    )
    _start(hub, stack)
    return hub


async def _open_engine(settings: Settings, stack: AsyncExitStack) -> tuple[Engine, Presence, Ephemeral]:
    max_bytes, max_age_s = settings.event_log_max_bytes, settings.event_log_max_age_s
    if settings.engine_url is None:
        log_file = settings.data_dir / LOG_FILE
        engine = await stack.enter_async_context(LocalEngine(log_file, max_bytes=max_bytes, max_age_s=max_age_s))
        presence = LocalPresence(engine, settings.data_dir / PRESENCE_FILE, now_ms=now_ms)
        return engine, await stack.enter_async_context(presence), LocalEphemeral()
    # Their library is a tenth of the hub's start.
    from hub.engine.ephemeral_redis import RedisEphemeral  # noqa: PLC0415
    from hub.engine.presence_redis import RedisPresence  # noqa: PLC0415
    from hub.engine.redis import RedisEngine  # noqa: PLC0415

    redis = await stack.enter_async_context(RedisEngine(settings.engine_url, max_bytes=max_bytes, max_age_s=max_age_s))
    return redis, await stack.enter_async_context(RedisPresence(redis)), RedisEphemeral(redis)


async def _open_socketio(
    node: Node, auth: Auth, settings: Settings, stack: AsyncExitStack, *, replaying: Replaying
) -> Asgi:
    if find_spec("socketio") is None:
        return NotInstalled("Socket.IO is not installed with this hub: pip install 'hub[socketio]'")
    from hub.transports.socketio import SocketIoEndpoint  # noqa: PLC0415 - an extra

    endpoint = SocketIoEndpoint(
        node=node,
        verify=auth.access.verify,
        identify=auth.access.identify,
        origins=settings.http_origins,
        replaying=replaying,
    )
    return await stack.enter_async_context(endpoint)


def _start(hub: Hub, stack: AsyncExitStack) -> None:
    hub.node.fanout.on_flush = hub.metrics.observe("hub_flush_seconds")
    hub.metrics.add_source(hub.auth.readings)
    hub.metrics.add_source(hub.commanding.readings)
    _supervise("commands", hub.commanding.commands.run, stack)
    for name, work in hub.auth.work():
        _supervise(name, work, stack)
    if "recorder" in hub.settings.roles:
        hub.recorder = Recorder(hub.engine, hub.store, now_ms=now_ms)
        hub.metrics.add_source(hub.store.readings)
        _supervise("recorder", hub.recorder.run, stack)
    _supervise("watch", hub.watch.run, stack)
    hub.metrics.add_source(hub.watch.readings)
    if hub.broker is not None:
        _supervise("ingest", lambda: _read_broker(hub), stack)
    hub.metrics.add_source(lambda: () if hub.asking is None else hub.asking.readings())
    hub.metrics.add_source(Readings(hub.node, ingest=lambda: hub.ingest, recorder=lambda: hub.recorder).read)


def _supervise(name: str, work: Callable[[], Awaitable[None]], stack: AsyncExitStack) -> None:
    task = asyncio.create_task(_restarted(name, work), name=f"hub.app[{name}]")

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


async def _restarted(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Start it again whenever it fails: one part that breaks must not take the others with it."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("The %s failed; it starts again in %.0f s.", name, RESTART_S)
        await asyncio.sleep(RESTART_S)


async def _read_broker(hub: Hub) -> None:
    broker = hub.broker
    if broker is None:
        return
    descriptions = hub.descriptions
    await hub.node.ready.wait()
    hub.watch.restore()
    kept = KnowledgeFile(hub.settings.data_dir / KNOWLEDGE_FILE)
    knowledge = hub.decoding.knowledge
    knowledge.families.update(kept.load().families)
    async with AsyncExitStack() as stack:
        _supervise("knowledge", lambda: kept.keep(knowledge), stack)
        client = await open_client(broker, hub.settings, stack)
        stack.callback(hub.readiness.forget_client)
        hub.readiness.client = client
        asking = Asking(client=client, knowledge=knowledge, latest=hub.node.latest.get, now_ms=now_ms)
        hub.asking = asking
        _supervise("asking", asking.run, stack)
        hub.ingest = Ingest(
            client=client,
            source=hub.settings.mqtt_client_id,
            engine=hub.engine,
            decoders=await hub.decoding.decoders(),
            descriptions=descriptions,
            now_ms=now_ms,
        )
        seconds = hub.metrics.observe("hub_ingest_seconds")
        sizes = hub.metrics.observe("hub_ingest_batch_messages")

        def measure(messages: int, took_s: float) -> None:
            sizes(messages)
            seconds(took_s)

        hub.ingest.on_batch = measure
        _supervise("command runner", hub.commanding.runner(client, knowledge, hub.ingest).run, stack)
        _supervise("twins", hub.commanding.keeper.run, stack)
        await hub.ingest.run()


def asgi(hub: Hub) -> Asgi:
    """The application: connections straight to their endpoint (a frame less for each idle dashboard), else the API."""
    origins, access, redeem = hub.settings.http_origins, hub.auth.access, hub.auth.tickets.redeem
    node, replaying = hub.node, hub.replaying
    websocket = WebSocketEndpoint(node=node, verify=access.verify, redeem=redeem, origins=origins, replaying=replaying)
    events = EventsEndpoint(node=node, identify=access.identify, redeem=redeem, origins=origins, replaying=replaying)
    context = _context(hub)
    hub.metrics.add_source(context.readings)
    hub.metrics.add_source(hub.decoding.readings)
    api = create_api(
        context,
        check=hub.readiness.check,
        metrics=hub.metrics.render,
        content_type=CONTENT_TYPE,
        routers=[
            polling.router(hub.node, identity=identity),
            commands_router(hub.commanding.commands),
            twins_router(hub.commanding.twins),
            ingest_router(_submissions(hub)),
            inbox_router(hub.decoding.desk, hub.auth.audit),
            moments_router(hub.engine.history),
            state_router(hub.store),
            search_router(hub.store),
        ],
        streams=[Route("/events", events, methods=["GET"])],
    )
    trusted = hub.settings.trusted_proxies
    proxies, http = Proxies(trusted), ProxyHeadersMiddleware(cast("ASGI3Application", api), list(trusted))

    def application(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        socketio = scope["path"].startswith(SOCKETIO_PATH)
        if scope["type"] == "http" and not socketio:
            return http(scope, receive, send)
        proxies.locate(scope)
        return hub.socketio(scope, receive, send) if socketio else websocket(scope, receive, send)

    return application


def _submissions(hub: Hub) -> Submissions:
    alone, of_devices = hub.broker is not None, hub.descriptions
    submissions = hub.decoding.submissions(
        hub.node, engine=hub.engine, descriptions=of_devices, now_ms=now_ms, alone=alone
    )
    hub.metrics.add_source(submissions.readings)
    return submissions


def _context(hub: Hub) -> Context:
    return Context(
        node=hub.node,
        store=hub.store,
        users=hub.users,
        access=hub.auth.access,
        tickets=hub.auth.tickets,
        provider=hub.auth.provider,
        audit=hub.auth.audit,
        version=__version__,
        mqtt_url="" if hub.broker is None else hub.broker.shown,
        engine="local" if hub.settings.engine_url is None else "redis",
        token_ttl_s=hub.settings.token_ttl_s,
        origins=hub.settings.http_origins,
        now_s=time.time,
        link=lambda: _link(hub),
        recorder_lag_ms=lambda: None if hub.recorder is None else hub.recorder.lag_ms,
        count_refusal=lambda name: hub.node.allowance.refused.update((name,)),
        first_start=hub.first_start,
    )


def _link(hub: Hub) -> LinkState | None:
    if hub.broker is None:
        return None
    client = hub.readiness.client
    return (
        LinkState(connected=False, since_ms=0, reason="no broker has answered yet") if client is None else client.link
    )


def greeting(hub: Hub) -> list[str]:
    """What a person reads who starts the hub: where to look, where devices go, and the first sign-in link."""
    host = hub.settings.http_host
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    origin = f"http://{f'[{shown}]' if ':' in shown else shown}:{hub.settings.http_port}"
    lines = [f"Hub {__version__}: {origin}"]
    if hub.broker is not None:
        lines.append(f"Devices: {hub.broker.shown}")
    link = hub.first_start.link(origin)
    if link is not None:
        lines.append(f"First sign-in (works once): {link}")
    return lines
