"""How the hub is: `/api/status`."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from hub.api.answers import example
from hub.api.deps import Here, identity

router = APIRouter(prefix="/status", tags=["status"], dependencies=[Depends(identity)])


class MqttStatus(BaseModel):
    """The link to the broker; `since` in ms since the epoch. `connected` is null where this process reads no broker."""

    url: str
    connected: bool | None
    since: int | None
    reason: str


class EngineStatus(BaseModel):
    """The log: which engine, and how far this process has followed it."""

    name: str
    position: str | None


class RecorderStatus(BaseModel):
    """How far history is behind, in ms; null where this process does not record."""

    lag_ms: int | None


class Status(BaseModel):
    """The parts of this process; `time` in ms since the epoch."""

    model_config = example(
        version="0.1.0",
        time=1_732_412_345_678,
        mqtt={"url": "mqtt://127.0.0.1:1883", "connected": True, "since": 1_732_412_340_000, "reason": ""},
        engine={"name": "local", "position": "k3v9-1041"},
        recorder={"lag_ms": 0},
    )

    version: str
    time: int
    mqtt: MqttStatus
    engine: EngineStatus
    recorder: RecorderStatus


@router.get("", summary="Read the status")
async def status(here: Here) -> Status:
    """How the parts of this process are."""
    link = here.link()
    position = here.node.latest.position
    url = without_password(here.mqtt_url)
    if link is None:
        mqtt = MqttStatus(url=url, connected=None, since=None, reason="This process reads no broker.")
    else:
        mqtt = MqttStatus(url=url, connected=link.connected, since=link.since_ms, reason=link.reason)
    return Status(
        version=here.version,
        time=int(here.now_s() * 1000),
        mqtt=mqtt,
        engine=EngineStatus(name=here.engine, position=None if position is None else str(position)),
        recorder=RecorderStatus(lag_ms=here.recorder_lag_ms()),
    )


def without_password(url: str) -> str:
    """The URL without the user and password that it may hold."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
