"""What both halves of the load generator in Python share: options and commands on standard input, answers in lines."""

import asyncio
import math
import sys
import time
from collections.abc import Callable, Mapping

import orjson

Options = dict[str, str]
TICK_S = 0.02


def read_options() -> tuple[Options, list[str]]:
    """The options, and of `subscribe`, which may be there several times, all."""
    options: Options = {}
    subscriptions = []
    for line in iter(sys.stdin.readline, "\n"):
        name, _, value = line.rstrip("\n").partition(" ")
        if not name:
            sys.exit("The options ended in the middle.")
        options[name] = value
        if name == "subscribe":
            subscriptions.append(value)
    return options, subscriptions


async def next_line() -> str:
    """The next command; empty where the input has ended."""
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.strip()


async def until(holds: Callable[[], bool], *, within_s: float = math.inf) -> None:
    """Wait until it holds, or that long."""
    end = time.monotonic() + within_s
    while not holds() and time.monotonic() < end:  # noqa: ASYNC110 - conditions over many, which nobody tells of
        await asyncio.sleep(TICK_S)


def answer(word: str, fields: Mapping[str, object]) -> None:
    """Answer with one line."""
    sys.stdout.write(f"{word} {orjson.dumps(fields).decode()}\n")
    sys.stdout.flush()
