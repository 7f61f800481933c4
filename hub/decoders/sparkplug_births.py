"""What births have told: names, types and units by alias, which devices are behind a node, which births are missing."""

from typing import Any, TypedDict, cast

from hub.decoders.leaves import MAX_KEY
from hub.decoders.sparkplug_metrics import unit_of

MAX_DEVICES = 10_000
"""Nodes and devices whose births are kept; those past it are read where their data has names."""
MAX_METRICS = 10_000
MAX_UNBORN = 1_000
"""Nodes that are remembered as not having been born."""

Told = tuple[str, int, str | None]
"""Name, data type and unit of a metric."""


class Birth(TypedDict):
    """One birth: the metrics by alias and by name, and the number (`bdSeq`) by which a node's death refers to it."""

    aliases: dict[str, list[Any]]
    names: dict[str, list[Any]]
    number: int | None


class Births:
    """A view of the knowledge of this family: births by `group/node` and `group/node/device`."""

    def __init__(self, knowledge: dict[str, object]) -> None:
        self._births = cast("dict[str, Birth]", knowledge.setdefault("births", {}))
        self._unborn = cast("dict[str, bool]", knowledge.setdefault("unborn", {}))

    def of(self, name: str) -> Birth | None:
        """The last birth of a node or device."""
        return self._births.get(name)

    def devices_of(self, node: str) -> list[str]:
        """The devices behind a node that have been born."""
        return [name for name in self._births if name.startswith(node + "/")]

    def learn(self, name: str, metrics: Any, *, number: int | None) -> None:
        """Keep a birth in place of the one before."""
        self._unborn.pop(name, None)
        if name not in self._births and len(self._births) >= MAX_DEVICES:
            return
        birth = Birth(aliases={}, names={}, number=number)
        for metric in metrics[:MAX_METRICS]:
            if not metric.name or len(metric.name) > MAX_KEY:
                continue
            told = [metric.name, metric.datatype, unit_of(metric)]
            if metric.HasField("alias"):
                birth["aliases"][str(metric.alias)] = told
            birth["names"][metric.name] = told[1:]
        self._births[name] = birth

    def miss(self, node: str) -> None:
        """Remember that a node sent data whose birth is not known."""
        if len(self._unborn) < MAX_UNBORN:
            self._unborn[node] = True

    def take_unborn(self) -> list[str]:
        """The nodes (`group/node`) whose births are missing, which are then forgotten until they are missed again."""
        nodes = list(self._unborn)
        self._unborn.clear()
        return nodes


def told_of(birth: Birth | None, metric: Any) -> Told | None:
    """Name, type and unit of a metric in a data message, or None where it has only an alias that no birth told."""
    if metric.name:
        kept = birth["names"].get(metric.name) if birth is not None else None
        datatype = metric.datatype or (kept[0] if kept is not None else 0)
        # A unit is told once; a data message may state another.
        return metric.name, datatype, unit_of(metric) or (kept[1] if kept is not None else None)
    found = birth["aliases"].get(str(metric.alias)) if birth is not None else None
    return None if found is None else (found[0], metric.datatype or found[1], found[2])
