"""What people say of topics that no decoder knows: `/api/mappings`, for operators."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from hub.api.answers import example
from hub.api.deps import require
from hub.audit import Audit
from hub.auth import Identity, Role
from hub.errors import LIMIT_EXCEEDED, NOT_AVAILABLE, NOT_FOUND, PERMISSION_DENIED
from hub.inbox_desk import InboxDesk
from hub.mapping import MAX_VALUES, TopicMapping, parse_mapping
from hub.refusals import refusals

Operator = Annotated[Identity, Depends(require(Role.OPERATOR))]
Name = Annotated[str, Path(description="The mapping's name.", examples=["greenhouse"])]
Word = bool | int | float | str

_VALUE = {"key": "temperature", "path": "/t", "unit": "°C", "scale": 0.1, "text": False}
_RECORD: dict[str, Any] = {
    "filter": "gh/+/air",
    "device": "greenhouse-{2}",
    "format": "json",
    "values": [_VALUE],
    "time": "/ts",
    "status": {"path": "/up", "online": [1], "offline": [0]},
    "ignore": False,
}
_OF_FAMILY: dict[str, Any] = {"filter": "plugs/+", "family": "tasmota", "topic": "tele/{2}/SENSOR"}
_EXAMPLES: dict[str, Any] = {"examples": [_RECORD, _OF_FAMILY]}
_ENTRY: dict[str, Any] = {**_RECORD, "name": "greenhouse", "origin": "log"}


class Value(BaseModel):
    """A reading: its key, where it is (JSON pointer or plain JSONPath), its unit, what a number is multiplied with."""

    model_config = ConfigDict(extra="forbid")

    key: str
    path: str
    unit: str | None = None
    scale: float | None = None
    text: bool = False


class StatusWords(BaseModel):
    """Where a payload says whether the device is there, and the words for it."""

    model_config = ConfigDict(extra="forbid")

    path: str
    online: list[Word] = []
    offline: list[Word] = []


class MappingRecord(BaseModel):
    """What the messages of the topics that `filter` selects mean; without `values` every member is a reading.

    With a `family` they are read as that family's, as if they had come on `topic`, a template.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_EXAMPLES)

    filter: str
    device: str = ""
    format: Literal["json", "pairs", "text"] = "json"
    values: Annotated[list[Value], Field(max_length=MAX_VALUES)] = []
    time: str | None = None
    status: StatusWords | None = None
    family: str = ""
    topic: str = ""
    ignore: bool = False

    def mapping(self, name: str) -> TopicMapping:
        """The mapping; raises InvalidMapping."""
        return parse_mapping({**self.model_dump(exclude_defaults=True), "name": name})


class MappingEntry(MappingRecord):
    """A stored mapping; `origin` is `log` where an operator stored it, `file` where it is in HUB_MAPPINGS_FILE."""

    model_config = example(**_ENTRY)

    name: str
    origin: Literal["log", "file"]

    @classmethod
    def of(cls, mapping: TopicMapping, origin: Literal["log", "file"]) -> Self:
        """The entry of a mapping."""
        record: dict[str, Any] = mapping.record()
        return cls(**record, origin=origin)


class MappingList(BaseModel):
    """All mappings by name; one of the log hides one of the same name in the file."""

    model_config = example(mappings=[_ENTRY])

    mappings: list[MappingEntry]


class MappingStored(BaseModel):
    """A mapping that is stored; `decoded` kept messages are events now, of `cut` others only the beginning was kept."""

    model_config = example(mapping=_ENTRY, decoded=12, cut=0)

    mapping: MappingEntry
    decoded: int
    cut: int


def router(desk: InboxDesk, audit: Audit) -> APIRouter:
    """`/api/mappings`."""
    routes = APIRouter(prefix="/mappings", tags=["inbox"])

    @routes.get("", summary="List mappings", responses=refusals(PERMISSION_DENIED))
    async def list_mappings(_: Operator) -> MappingList:
        """All mappings by name."""
        stored, filed = desk.mappings.on_log, desk.mappings.in_file
        found = [MappingEntry.of(mapping, "log") for mapping in stored.values()]
        found += [MappingEntry.of(mapping, "file") for name, mapping in filed.items() if name not in stored]
        return MappingList(mappings=sorted(found, key=lambda entry: entry.name))

    @routes.put("/{name}", summary="Store a mapping", responses=refusals(NOT_FOUND, PERMISSION_DENIED, LIMIT_EXCEEDED))
    async def store_mapping(name: Name, record: MappingRecord, operator: Operator) -> MappingStored:
        """Store a mapping, or another one under its name; what the inbox has of its topics is decoded at once.

        Those events have the time at which the messages came. With `ignore` the messages are known and say nothing.
        """
        mapping = record.mapping(name)
        accepted = await desk.put(mapping, user=operator.user)
        audit.note("mapping", "stored", user=operator.user, about=name, filter=mapping.filter)
        return MappingStored(mapping=MappingEntry.of(mapping, "log"), decoded=accepted.decoded, cut=accepted.cut)

    @routes.delete(
        "/{name}",
        status_code=204,
        summary="Remove a mapping",
        responses=refusals(NOT_FOUND, PERMISSION_DENIED, NOT_AVAILABLE),
    )
    async def remove_mapping(name: Name, operator: Operator) -> None:
        """Forget a stored mapping; 404 where there is none, also where it is in the file."""
        await desk.remove(name, user=operator.user)
        audit.note("mapping", "removed", user=operator.user, about=name)

    return routes
