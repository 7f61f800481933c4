"""The plans by which objects are read, by the form of the object: those of one topic, and those of all."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from hub.decoders.base import Decoded, Knowledge
from hub.decoders.replay import Plan, Source, plan_of
from hub.decoders.roles import is_keyed

MAX_FORMS = 256
"""Forms of one topic's objects that are remembered; past that all are forgotten."""
MAX_SHARED_FORMS = 4096
"""Forms of all topics' objects that are remembered; past that all are forgotten."""
SPARE = 16
"""Plans that one topic makes before one has been of use; each use of one pays for another."""

Members = Mapping[str, Any]
DeviceBy = Callable[[str | None, Members], str | None]
"""The device of an object that one of its members names, or (None) none does; None where the object is unlike that."""
Form = tuple[object, ...]
"""Names of the members, behind what else decides how they are read."""


class Forms:
    """Plans by an object's members, and by the words among them that name records and units. `max_forms` bounds it."""

    __slots__ = ("_keyed", "_max_forms", "_plans")

    def __init__(self, max_forms: int = MAX_SHARED_FORMS) -> None:
        self._max_forms = max_forms
        self._keyed: dict[Form, tuple[str, ...]] = {}
        self._plans: dict[Form, Plan | None] = {}

    def find(self, form: Form, members: Members) -> Plan | None:
        """The plan for an object of a form; None where there is none, or none can be made."""
        keyed = self._keyed.get(form)
        if keyed is None:
            return None
        try:
            return self._plans.get((form, *[members[name] for name in keyed]) if keyed else form)
        except TypeError:
            # An object where others have a word.
            return None

    def put(self, form: Form, members: Members, plan: Plan | None) -> None:
        """Keep the plan that was made of an object."""
        if len(self._plans) >= self._max_forms:
            self._keyed.clear()
            self._plans.clear()
        keyed = tuple(name for name in members if is_keyed(name) and not isinstance(members[name], dict | list))
        self._keyed[form] = keyed
        self._plans[(form, *[members[name] for name in keyed]) if keyed else form] = plan


def shared_forms(knowledge: Knowledge) -> Forms:
    """The forms that all topics of a process share."""
    return cast("Forms", knowledge.memo.get("forms") or knowledge.memo.setdefault("forms", Forms()))


class Plans:
    """What is known of the objects of one topic. `scope` is what decides beside their members how they are read.

    A plan that another topic has made for the same is in `shared`, and is taken over from there.
    """

    __slots__ = ("_own", "_scope", "_shared", "_spare")

    def __init__(self, shared: Forms, *scope: object) -> None:
        self._own = Forms(MAX_FORMS)
        self._shared = shared
        self._scope = scope
        self._spare = SPARE

    def read(self, members: Members, now_ms: int, device_by: DeviceBy) -> Decoded | None:
        """What an object says by the plan for its form, or None: it is to be read the long way."""
        form = (self._scope, *members)
        plan = self._own.find(form, members)
        if plan is None:
            plan = self._shared.find(form, members)
            if plan is None:
                return None
            self._own.put(form, members, plan)
        device = device_by(plan.namer, members)
        found = None if device is None else plan.read(members, now_ms, device)
        if found is not None:
            self._spare += 1
        return found

    def keep(self, source: Source, now_ms: int) -> None:
        """Make a plan of an object that was read the long way at this moment."""
        if not self._spare:
            return
        self._spare -= 1
        form, members = (self._scope, *source.members), source.members
        plan = plan_of(source, now_ms)
        self._own.put(form, members, plan)
        if plan is not None:
            self._shared.put(form, members, plan)
