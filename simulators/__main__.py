"""`python -m simulators`: play a fleet of devices at a broker until Ctrl-C; or record what is said, or replay it."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from simulators.fleet import Fleet, Plan
from simulators.kinds import DEFAULT, KINDS
from simulators.link import Broker
from simulators.recording import record, replay
from simulators.scenario import Scenario


@dataclass(frozen=True)
class Task:
    """What was asked for."""

    plan: Plan
    broker: Broker
    seconds: float
    record: Path | None
    replay: Path | None
    speed: float


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description="Play a fleet of devices at a broker.")
    parser.add_argument("--devices", type=int, default=20, help="how many in all (default 20)")
    kinds = f"which, with commas, or `all`: {', '.join(KINDS)} (default {','.join(DEFAULT)})"
    parser.add_argument("--kinds", default=",".join(DEFAULT), help=kinds)
    parser.add_argument("--rate", type=float, default=5, help="messages per second of all together (default 5)")
    url = os.environ.get("SIMULATORS_MQTT", "mqtt://127.0.0.1:1883")
    parser.add_argument("--mqtt", default=url, help="mqtt://[user:password@]host:port; or set SIMULATORS_MQTT")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same fleet (default 1)")
    parser.add_argument("--seconds", type=float, default=0, help="end after so long (default: never)")
    parser.add_argument("--mishaps", type=float, default=60, metavar="S", help="a lost link or reboot every S seconds")
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="what goes wrong, in YAML; docs/simulators.md")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--record", type=Path, metavar="FILE", help="play nothing: write what others say at the broker")
    either.add_argument("--replay", type=Path, metavar="FILE", help="say again what was recorded, then end")
    parser.add_argument("--speed", type=float, default=1, help="of a replay: 10 is ten times as fast, 0 at once")
    return parser


def _arguments(argv: list[str] | None) -> Task:
    parser = _parser()
    options = parser.parse_args(argv)
    if options.devices < 1 or min(options.rate, options.mishaps, options.seconds, options.speed) < 0:
        parser.error("--devices is at least 1; --rate, --mishaps, --seconds and --speed are at least 0")
    kinds = tuple(KINDS) if options.kinds == "all" else tuple(options.kinds.split(","))
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        parser.error(f"--kinds: {unknown[0]!r} is not one of {', '.join(KINDS)}")
    try:
        broker = Broker.parse(options.mqtt)
        scenario = Scenario.load(options.scenario, seed=options.seed) if options.scenario else Scenario()
    except ValueError as error:
        parser.error(str(error))
    plan = Plan(options.devices, options.rate, options.seed, options.mishaps, kinds, scenario)
    return Task(plan, broker, options.seconds, options.record, options.replay, options.speed)


async def _run(task: Task) -> str:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop.set)
    if task.seconds > 0:
        loop.call_later(task.seconds, stop.set)
    if task.record is not None:
        return f"Recorded {await record(task.broker, task.record, stop)} messages\n"
    if task.replay is not None:
        return f"Replayed {await replay(task.broker, task.replay, stop, speed=task.speed)} messages\n"
    sys.stdout.write(f"Simulating {task.plan} at {task.broker}\n")
    sys.stdout.flush()
    fleet, begun = Fleet(task.plan, task.broker), loop.time()
    await fleet.run(stop)
    return f"Sent {fleet.sent} messages, {fleet.sent / max(loop.time() - begun, 0.001):.0f} per second\n"


def main(argv: list[str] | None = None) -> int:
    """Run it; the exit code is 0 however it was asked to end, 1 for a file that is no recording."""
    logging.basicConfig(level=logging.WARNING, format="simulators: %(message)s")
    try:
        sys.stdout.write(asyncio.run(_run(_arguments(argv))))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"simulators: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
