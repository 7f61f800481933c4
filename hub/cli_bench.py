"""`hub bench`."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.bench import history
from hub.bench.cases import CASES, Case, case
from hub.bench.load import Load, SetUp
from hub.bench.measurement import Measurement
from hub.bench.outcome import Outcome
from hub.bench.own_hub import own_hub
from hub.bench.programs import Programs, cache_directory, programs
from hub.bench.table import table
from hub.bench.target import Target, given_target
from hub.cli_client import token_of
from hub.errors import BAD_REQUEST, HubError

NAMES = {SetUp.DEFAULT: "nothing configured", SetUp.REDIS: "Mosquitto, Redis"}
GIVEN = "the given hub"
NOT_COMPLETE = 1


def listing() -> str:
    """All cases, a line each."""
    width = max(len(one.name) for one in CASES)
    return "".join(f"{one.name:{width}}  {one.sentence}\n" for one in CASES)


def bench(names: Sequence[str], options: Mapping[str, Any]) -> int:
    """Measure the cases and print a table for each; the exit code is 1 where something was not delivered.

    `options` are those of the command line. Raises HubError.
    """
    chosen = [case(name) for name in names]
    return asyncio.run(_bench(chosen, options))


def bench_history(options: Mapping[str, Any]) -> int:
    """Measure history and print what came of it; raises HubError."""
    outcome = asyncio.run(_bench_history(options))
    sys.stdout.write("\n".join(history.lines(outcome)) + "\n")
    return 0


async def _bench_history(options: Mapping[str, Any]) -> history.HistoryOutcome:
    _end_on_sigterm()
    tools = await asyncio.to_thread(programs, cache_directory())
    return await history.measure(tools, values=options["values"], seconds=options["seconds"])


def _end_on_sigterm() -> None:
    # SIGTERM ends servers and load generator as Ctrl-C does.
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - it is what runs this
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _bench(chosen: Sequence[Case], options: Mapping[str, Any]) -> int:
    _end_on_sigterm()
    tools = await asyncio.to_thread(programs, cache_directory())
    outcomes: list[tuple[Case, Outcome]] = []
    for one in chosen:
        own = [outcome async for outcome in _measured(one, options, tools)]
        sys.stdout.write(f"\n{one.name}: {one.sentence}\n\n{table(own)}")
        sys.stdout.flush()
        outcomes += ((one, outcome) for outcome in own)
    if options["json"] is not None:
        _write(options["json"], outcomes)
    return NOT_COMPLETE if any(not (of.doubling or outcome.complete) for of, outcome in outcomes) else 0


async def _measured(one: Case, options: Mapping[str, Any], tools: Programs) -> AsyncIterator[Outcome]:
    for load in _loads(one, options):
        wanted = load
        while True:
            outcome = await _measure(wanted, options, tools)
            yield outcome
            if not one.doubling or outcome.broken:
                break
            wanted = replace(wanted, rate=wanted.rate * 2)


async def _measure(load: Load, options: Mapping[str, Any], tools: Programs) -> Outcome:
    tools.check(load)
    set_up = NAMES[load.set_up] if options["url"] is None else GIVEN
    sys.stderr.write(f"hub bench: {load.title}, {load.seconds:g} s ({set_up}) …\n")
    sys.stderr.flush()
    async with _target(load, options) as target:
        return await Measurement(load, target, programs=tools, verify=options["verify"]).run(set_up=set_up)


@asynccontextmanager
async def _target(load: Load, options: Mapping[str, Any]) -> AsyncIterator[Target]:
    if options["url"] is None:
        async with own_hub(load.set_up) as target:
            yield target
    else:
        # The environment, as a URL with a password is nothing for an argument that everybody can read.
        broker = options["broker"] or os.environ.get("HUB_MQTT_URL")
        yield given_target(options["url"], broker=broker, token=_token(options["token_file"]))


def _token(file: Path | None) -> str:
    token = token_of(file)
    text = token() if callable(token) else token
    assert isinstance(text, str)  # noqa: S101 - of a file or the environment it is never anything else
    return text


def _loads(one: Case, options: Mapping[str, Any]) -> Iterator[Load]:
    """The case's loads with what the user wants otherwise; each once, also where that makes some alike."""
    given = {
        name: options[name] for name in ("dashboards", "rate", "devices", "seconds", "qos") if options[name] is not None
    }
    set_ups = {None: (), "both": tuple(SetUp), "default": (SetUp.DEFAULT,), "redis": (SetUp.REDIS,)}[options["set_up"]]
    if options["url"] is not None:
        set_ups = (SetUp.DEFAULT,)  # it is what it is; no load is put on it twice
    wanted = [replace(of_case, **given) for of_case in one.loads]
    for load in dict.fromkeys(replace(each, set_up=to) for each in wanted for to in set_ups or (each.set_up,)):
        _check(load)
        yield load


def _check(load: Load) -> None:
    if load.dashboards <= load.stuck or load.devices < max(1, load.own) or load.rate < 0 or load.seconds <= 0:
        raise HubError(f"There is nothing to measure: {load.title}, {load.devices} devices.", code=BAD_REQUEST)


def _write(path: Path, outcomes: Sequence[tuple[Case, Outcome]]) -> None:
    lines = [{"case": one.name} | outcome.as_json() for one, outcome in outcomes]
    try:
        path.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise HubError(f"The outcomes can't be written: {error}", code=BAD_REQUEST) from None
