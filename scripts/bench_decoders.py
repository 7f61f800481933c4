"""How many messages per second each family of devices is decoded at, warm, on one core.

`python scripts/bench_decoders.py [--rounds N] [--all] [WORD…]`: messages of `scripts/decoder_messages.jsonl` go
through all families first, so that what discovery and births tell is known; then each is decoded over and over, and
the best of some rounds is printed, in CPU time. Of a family its slowest message counts. With words, only messages
whose name has one of them.
"""

import argparse
import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hub.decoders import FAMILIES
from hub.decoders.base import Knowledge, Malformed, Unsupported
from hub.decoders.registry import Decoders, Outcome

MESSAGES = Path(__file__).with_name("decoder_messages.jsonl")
NOW_MS = 1_750_000_000_000
GOAL = 50_000
GOAL_FLAT = 200_000
FLAT = "json: flat"
_ROUND_S = 0.02


class Message(NamedTuple):
    """One message to be decoded, and what it stands for."""

    name: str
    topic: str
    payload: bytes


class Speed(NamedTuple):
    """What was measured of a message."""

    message: Message
    family: str
    values: int
    per_s: float

    @property
    def falls_short(self) -> bool:
        """Whether it is slower than the goal of its kind."""
        return self.per_s < (GOAL_FLAT if self.message.name == FLAT else GOAL)


def messages() -> list[Message]:
    """The messages that stand for all families, in the order in which devices send them."""
    rows = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
    return [Message(row["name"], row["topic"], _payload(row)) for row in rows]


def _payload(row: dict[str, str]) -> bytes:
    return bytes.fromhex(row["payload_hex"]) if "payload_hex" in row else row["payload"].encode()


def measure(decoders: Decoders, message: Message, *, rounds: int) -> Speed | None:
    """The speed of one message, warm; None where nobody reads it."""
    outcome = _decoded(decoders, message)
    if outcome is None:
        return None
    count = 10
    best = _round(decoders, message, count)
    # As many as take long enough for the clock.
    count = max(count, int(_ROUND_S / max(best, 1e-7)))
    best = min(_round(decoders, message, count) for _ in range(rounds))
    return Speed(message, outcome.family, sum(len(event.data) for event in outcome.events), 1 / best)


def _decoded(decoders: Decoders, message: Message) -> Outcome | None:
    try:
        return decoders.decode(message.topic, message.payload, NOW_MS)
    except (Malformed, Unsupported):
        return None


def _round(decoders: Decoders, message: Message, count: int) -> float:
    """CPU seconds of one decode."""
    decode, topic, payload = decoders.decode, message.topic, message.payload
    started = time.process_time()
    for _ in range(count):
        decode(topic, payload, NOW_MS)
    return (time.process_time() - started) / count


def speeds(words: list[str], *, rounds: int) -> Iterator[Speed]:
    """The speeds of all messages, or of those whose name has one of the words."""
    decoders = Decoders(FAMILIES, Knowledge())
    every = messages()
    for message in every * 2:
        _decoded(decoders, message)
    gc.disable()
    for message in every:
        if not words or any(word in message.name for word in words):
            speed = measure(decoders, message, rounds=rounds)
            if speed is not None:
                yield speed


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description="Decodes per second and core, by family.")
    parser.add_argument("words", nargs="*", help="only messages whose name has one of these")
    parser.add_argument("--rounds", type=int, default=5, help="the best of so many counts")
    parser.add_argument("--all", action="store_true", help="every message, not each family's slowest")
    arguments = parser.parse_args()
    found = sorted(speeds(arguments.words, rounds=arguments.rounds), key=lambda speed: speed.per_s)
    shown = found if arguments.all else list({speed.family: speed for speed in reversed(found)}.values())
    for speed in sorted(shown, key=lambda speed: speed.per_s):
        size = len(speed.message.payload)
        mark = "  < goal" if speed.falls_short else ""
        print(
            f"{speed.per_s:9,.0f}/s  {speed.family:16} {size:5} B {speed.values:3} values  {speed.message.name}{mark}"
        )


if __name__ == "__main__":
    main()
