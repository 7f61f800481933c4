"""`python -m simulators`: play a fleet of devices at a broker until Ctrl-C."""

import argparse
import asyncio
import logging
import os
import signal
import sys

from simulators.fleet import Fleet, Plan
from simulators.link import Broker


def _arguments(argv: list[str] | None) -> tuple[Plan, Broker, float]:
    parser = argparse.ArgumentParser(prog="python -m simulators", description="Play a fleet of devices at a broker.")
    parser.add_argument("--devices", type=int, default=20, help="how many in all (default 20)")
    parser.add_argument("--rate", type=float, default=5, help="messages per second of all together (default 5)")
    url = os.environ.get("SIMULATORS_MQTT", "mqtt://127.0.0.1:1883")
    parser.add_argument("--mqtt", default=url, help="mqtt://[user:password@]host:port; or set SIMULATORS_MQTT")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same fleet (default 1)")
    parser.add_argument("--seconds", type=float, default=0, help="end after so long (default: never)")
    parser.add_argument("--mishaps", type=float, default=60, metavar="S", help="a lost link or reboot every S seconds")
    options = parser.parse_args(argv)
    if options.devices < 1 or options.rate < 0 or options.mishaps < 0 or options.seconds < 0:
        parser.error("--devices is at least 1; --rate, --mishaps and --seconds are at least 0")
    try:
        broker = Broker.parse(options.mqtt)
    except ValueError as error:
        parser.error(str(error))
    return Plan(options.devices, options.rate, options.seed, options.mishaps), broker, options.seconds


async def _run(plan: Plan, broker: Broker, seconds: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop.set)
    if seconds > 0:
        loop.call_later(seconds, stop.set)
    sys.stdout.write(f"Simulating {plan} at {broker}\n")
    sys.stdout.flush()
    await Fleet(plan, broker).run(stop)


def main(argv: list[str] | None = None) -> int:
    """Run it; the exit code is 0 however it was asked to end."""
    logging.basicConfig(level=logging.WARNING, format="simulators: %(message)s")
    asyncio.run(_run(*_arguments(argv)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
