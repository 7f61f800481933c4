"""A JSON object that is like one before: what became of each of its members is repeated instead of found out again.

A plan is made of one object and of what was read from it, and tried on that object before it is kept. It holds for
objects of the same members in the same order, as long as what decided then is as it was: units and names of records
are the same words, clocks hold a moment, and nothing is an object that was a value. Which device it is of is no part
of it, only the member that names it: all devices of one kind are read by one plan.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.decoders.base import NO_ATTRIBUTES, Decoded
from hub.decoders.clock import is_moment, moment
from hub.decoders.leaves import MAX_TEXT, Path, reading
from hub.decoders.members import (
    NAMERS,
    VALUES,
    Record,
    is_identifier,
    may_be_clock,
    namer_of,
    names_device,
    plain_name,
)
from hub.decoders.roles import is_container, is_sequence, may_be_record, names_unit
from hub.events import Scalar

MAX_NODES = 256
"""Members of the largest object that a plan is made for."""
MAX_DEPTH = 8

_READ, _SKIP, _CLOCK, _SAME, _BELOW = range(5)
_NUMBERS = (int, float)
_CLASSES = {int: 0, float: 0, bool: 1, str: 2}


class Source(NamedTuple):
    """An object and what was read from it: `under` is before its keys, `record` where it spells out one reading."""

    members: Mapping[str, Any]
    found: Decoded
    under: Path
    record: Record | None


class _Unlike(Exception):
    """The object differs from the plan's in what matters."""


class _Step:
    """What becomes of one member."""

    __slots__ = ("below", "code", "found", "key", "names", "same", "text")

    def __init__(self, code: int, *, key: str = "", same: object = None) -> None:
        self.code = code
        self.key = key
        self.same = same
        self.names: tuple[str, ...] | None = None
        self.below: list[_Step] = []
        # The last text here and what it is read as: most texts stay the same from message to message.
        self.text: str | None = None
        self.found: Scalar | None = None


class Plan:
    """How objects of one form are read; `namer` is the member that names their device, None where there is none."""

    __slots__ = ("_classes", "_first", "_steps", "namer")

    def __init__(self, first: Decoded, steps: list[_Step], namer: str | None) -> None:
        self.namer = namer
        self._first = first
        self._steps = steps
        # Units go by what is there, numbers apart from words.
        self._classes = [_CLASSES[type(value)] for value in first.data.values()] if first.units else None

    def read(self, members: Mapping[str, Any], now_ms: int, device: str | None) -> Decoded | None:
        """What an object of this device with the first one's members, in their order, says; None: it is unlike it."""
        data: dict[str, Scalar] = {}
        try:
            clock = _follow(self._steps, members.values(), data)
        except _Unlike:
            return None
        if self._classes is not None and [_CLASSES[type(value)] for value in data.values()] != self._classes:
            return None
        time = None
        if clock is not None:
            time = moment(clock, now_ms)
            if time is None and not is_moment(clock):
                return None
        first = self._first
        return Decoded(device, first.kind, data, first.units, None, time, NO_ATTRIBUTES)


def plan_of(source: Source, now_ms: int) -> Plan | None:
    """The plan of an object and of what was read from it at that moment; None where it can't be told in one."""
    rest = [name for name, value in source.members.items() if not is_identifier(name, value)]
    untold = may_be_record(rest) if source.record is None else not source.found.data
    if source.found.status is not None or untold:
        return None
    try:
        maker = _Maker(source)
        plan = Plan(source.found, maker.steps(source.members.items(), (), in_scope=True), maker.namer)
    except _Unlike:
        return None
    again = plan.read(source.members, now_ms, source.found.device)
    # Identity of the mappings of units follows from their equality: the plan passes on the one that it was given.
    return plan if again == source.found and list(again.data) == list(source.found.data) else None


def _follow(steps: list[_Step], values: Iterable[Any], data: dict[str, Scalar]) -> object:
    """Put the readings into `data`; the clock's value, None where there is none. Raises _Unlike."""
    clock: object = None
    for step, value in zip(steps, values, strict=True):
        code, kind = step.code, type(value)
        if code == _READ:
            if kind is float or kind is int or kind is bool:
                data[step.key] = value
            elif kind is str:
                found = step.found if value == step.text else _remembered(value, step)
                if found is not None:
                    data[step.key] = found
            elif value is not None:
                raise _Unlike
        elif code == _BELOW:
            below = _values(step, value)
            inner = _follow(step.below, below, data)
            clock = inner if clock is None else clock
        elif kind is dict or kind is list or (code == _SAME and (value != step.same or kind is not type(step.same))):
            raise _Unlike
        elif code == _CLOCK:
            clock = value if value is not None else ""
    return clock


def _values(step: _Step, value: Any) -> Iterable[Any]:
    if step.names is None:
        if type(value) is not list or len(value) != len(step.below):
            raise _Unlike
        return value
    if type(value) is not dict or tuple(value) != step.names:
        raise _Unlike
    return value.values()


def _remembered(text: str, step: _Step) -> Scalar | None:
    found = reading(text)
    step.text, step.found = text if len(text) <= MAX_TEXT else None, found
    return found


class _Maker:
    """Finds out what became of each member."""

    def __init__(self, source: Source) -> None:
        self.namer = namer_of(source.members)
        self._source = source
        self._clocks = 0
        self._nodes = 0

    def steps(self, members: Iterable[tuple[str, Any]], path: Path, *, in_scope: bool) -> list[_Step]:
        """The steps of the members at a path; `in_scope`: the message's clock may be among them. Raises _Unlike."""
        if len(path) >= MAX_DEPTH:
            raise _Unlike
        return [self._step(name, value, path, in_scope=in_scope) for name, value in members]

    def _step(self, name: str, value: object, path: Path, *, in_scope: bool) -> _Step:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _Unlike
        if isinstance(value, dict | list):
            return self._below(name, value, path, in_scope=in_scope)
        if is_identifier(name, value):
            return _Step(_SAME, same=value) if not path and self._might_name(name) else _Step(_SKIP)
        if in_scope and may_be_clock(name):
            return self._clock(value)
        if self._source.record is not None:
            return self._of_record(name, value, self._source.record)
        return self._value(name, value, path)

    def _below(self, name: str, value: dict[str, Any] | list[Any], path: Path, *, in_scope: bool) -> _Step:
        if self._source.record is not None or (not path and is_sequence(name)):
            raise _Unlike
        step = _Step(_BELOW)
        if isinstance(value, dict):
            step.names = tuple(value)
            members: Iterable[tuple[str, Any]] = value.items()
        else:
            members = ((str(i), element) for i, element in enumerate(value))
        inner = in_scope and isinstance(value, dict) and is_container(name)
        step.below = self.steps(members, (*path, name), in_scope=inner)
        return step

    def _might_name(self, name: str) -> bool:
        """Whether a member would name the device before the one that does, if it had another value."""
        if not names_device(name) or self.namer is None:
            return names_device(name)
        return NAMERS.index(plain_name(name)) < NAMERS.index(plain_name(self.namer))

    def _clock(self, value: object) -> _Step:
        """The one clock; of several, the first sane one counts, and where it is no moment, it is a reading."""
        self._clocks += 1
        if self._clocks > 1 or not is_moment(value):
            raise _Unlike
        return _Step(_CLOCK)

    def _of_record(self, name: str, value: object, record: Record) -> _Step:
        if plain_name(name) in VALUES:
            return _Step(_READ, key=".".join((*self._source.under, record.name)))
        return _Step(_SAME, same=value)

    def _value(self, name: str, value: object, path: Path) -> _Step:
        key = ".".join((*self._source.under, *path, name))
        data = self._source.found.data
        if names_unit(key):
            if key in data or not isinstance(value, str):
                raise _Unlike
            return _Step(_SAME, same=value)
        if not path and is_sequence(name) and key not in data:
            if type(value) not in _NUMBERS:
                raise _Unlike
            return _Step(_SKIP)
        return _Step(_READ, key=key)
