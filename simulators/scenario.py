"""What goes wrong, by a plan in YAML: values that drift or leap, silence, reboots, clocks that lie.

- devices: meter-*            # by client id, as in a shell; left out: all
  drift: {key: power, per_hour: 12}
  spike: {key: power, by: 4000, share: 0.01}
  dropout: {every_s: 600, for_s: 60}
  reboot: {every_s: 3600, away_s: 5}
  clock: {off_s: -86400}
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

import yaml

from simulators.base import Message, encode

WANTED: Mapping[str, frozenset[str]] = {
    "drift": frozenset(("key", "per_hour")),
    "spike": frozenset(("key", "by", "share")),
    "dropout": frozenset(("every_s", "for_s")),
    "reboot": frozenset(("every_s", "away_s")),
    "clock": frozenset(("off_s",)),
}
"""What can go wrong, and the members that say how; all numbers but `key`."""
CLOCKS = frozenset(("time", "Time", "ts", "unixtime", "minute_ts", "timestamp", "received_at", "Epoch"))
MILLISECONDS_FROM = 10**11
"""A clock's number from here on counts milliseconds."""

Troubles = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Rule:
    """What goes wrong with some devices."""

    devices: str
    troubles: Troubles


class Scenario:
    """The rules of one file. `began` is when the simulation began, from which values drift."""

    def __init__(self, rules: Sequence[Rule] = (), *, seed: int = 1) -> None:
        self.rules = rules
        self._random = Random(f"{seed}/scenario")
        self._began: float | None = None

    @classmethod
    def load(cls, path: Path, *, seed: int = 1) -> "Scenario":
        """The scenario of a file; raises ValueError with what is wrong with it."""
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise ValueError(f"{path} can't be read: {error}") from None
        if not isinstance(document, list):
            raise ValueError(f"{path} is not a list of rules")  # noqa: TRY004 - of a file, not of an argument
        return cls([_rule(entry) for entry in document], seed=seed)

    def change(self, client_id: str, messages: list[Message], now: float) -> list[Message]:
        """The messages as a device says them with which this goes wrong; none while it is silent."""
        self._began = now if self._began is None else self._began
        for troubles in self._of(client_id):
            dropout = troubles.get("dropout")
            if dropout and _into(client_id, now, dropout["every_s"]) < dropout["for_s"]:
                return []
            change = self._changes(troubles, now)
            if change:
                messages = [
                    _changed(message, change, troubles.get("clock", {}).get("off_s", 0)) for message in messages
                ]
        return messages

    def reboot_s(self, client_id: str, before: float, now: float) -> float | None:
        """How long the device is away for a reboot that fell between the two moments; None where there was none."""
        for troubles in self._of(client_id):
            reboot = troubles.get("reboot")
            if reboot and _into(client_id, now, reboot["every_s"]) < now - before:
                return float(reboot["away_s"])
        return None

    def _of(self, client_id: str) -> list[Troubles]:
        return [rule.troubles for rule in self.rules if fnmatchcase(client_id, rule.devices)]

    def _changes(self, troubles: Troubles, now: float) -> dict[str, float]:
        """By key, what is added to its values; None among the keys where only clocks are changed."""
        added: dict[str, float] = {}
        drift, spike = troubles.get("drift"), troubles.get("spike")
        if drift:
            began = now if self._began is None else self._began
            added[drift["key"]] = drift["per_hour"] * (now - began) / 3600
        if spike and self._random.random() < spike["share"]:
            added[spike["key"]] = added.get(spike["key"], 0) + spike["by"]
        return added or ({"": 0.0} if "clock" in troubles else {})


def _rule(entry: object) -> Rule:
    if not isinstance(entry, dict) or not entry.keys() - {"devices"}:
        raise ValueError(f"a rule names what goes wrong: {', '.join(WANTED)}; this is {entry!r}")
    troubles = {name: how for name, how in entry.items() if name != "devices"}
    for name, how in troubles.items():
        if name not in WANTED:
            raise ValueError(f"{name!r} is not one of {', '.join(WANTED)}")
        if not isinstance(how, dict) or how.keys() != WANTED[name]:
            raise ValueError(f"{name} takes {', '.join(sorted(WANTED[name]))}; this is {how!r}")
        if not all(isinstance(how[one], str if one == "key" else int | float) for one in how):
            raise ValueError(f"{name}: numbers, and a text for key; this is {how!r}")
    return Rule(str(entry.get("devices", "*")), troubles)


def _into(client_id: str, now: float, every_s: float) -> float:
    """How long ago the last of what happens every so often began; devices have different moments."""
    return (now + Random(client_id).random() * every_s) % every_s


def _changed(message: Message, added: Mapping[str, float], off_s: float) -> Message:
    if isinstance(message.payload, bytes):
        # Binary families go silent and reboot as all do; their values stay.
        return message
    try:
        document = json.loads(message.payload)
    except ValueError:
        return message
    if isinstance(document, dict | list):
        return message._replace(payload=encode(_walked(document, added, off_s)))
    key = message.topic.rpartition("/")[2]
    if key in added and isinstance(document, int | float) and not isinstance(document, bool):
        return message._replace(payload=f"{document + added[key]:.6g}")
    return message


def _walked(value: Any, added: Mapping[str, float], off_s: float) -> Any:
    if isinstance(value, list):
        return [_walked(one, added, off_s) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _member(key, one, added, off_s) for key, one in value.items()}


def _member(key: str, value: Any, added: Mapping[str, float], off_s: float) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in added and number:
        return round(value + added[key], 6)
    if key not in CLOCKS or not off_s:
        return _walked(value, added, off_s)
    if number:
        return value + off_s * (1000 if value >= MILLISECONDS_FROM else 1)
    try:
        moved = datetime.fromisoformat(value) + timedelta(seconds=off_s)
    except (ValueError, AttributeError):
        return value
    return moved.isoformat().replace("+00:00", "Z" if value.endswith("Z") else "+00:00")
