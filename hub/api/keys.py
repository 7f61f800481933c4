"""What programs may sign in with: `/api/keys`, for admins."""

import secrets
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from hub.api.answers import example
from hub.api.deps import Here, require
from hub.api_keys import SECRET_BYTES, new_key
from hub.auth import MAX_NARROWING, Identity, Role
from hub.errors import CONFLICT, INVALID_FILTER, LIMIT_EXCEEDED, NOT_FOUND, PERMISSION_DENIED
from hub.refusals import refusals
from hub.store.base import ApiKey

router = APIRouter(prefix="/keys", tags=["keys"])

Admin = Annotated[Identity, Depends(require(Role.ADMIN))]
Filters = Annotated[list[str] | None, Field(max_length=MAX_NARROWING)]
KeyId = Annotated[str, Path(description="The key's id.", examples=["4Jq0Zb"])]

_NEW = {
    "name": "weather station",
    "role": "operator",
    "subscribe": ["telemetry/+"],
    "publish": ["chat/ops"],
    "expires": 1_763_948_345,
}
_ENTRY = {**_NEW, "id": "4Jq0Zb", "created": 1_732_412_345_678}
_MADE = {**_ENTRY, "secret": "hub_4Jq0Zb_…"}


class KeyEntry(BaseModel):
    """An API key as admins see one; `created` in ms since the epoch, `expires` in seconds, null for never."""

    model_config = example(**_ENTRY)

    id: str
    name: str
    role: str
    subscribe: list[str] | None
    publish: list[str] | None
    created: int
    expires: int | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """The entry of a key."""
        subscribe, publish = (None if given is None else list(given) for given in (key.subscribe, key.publish))
        return cls(
            id=key.id,
            name=key.name,
            role=key.role,
            subscribe=subscribe,
            publish=publish,
            created=key.created,
            expires=key.expires_s,
        )


class KeyList(BaseModel):
    """All API keys by name."""

    model_config = example(keys=[_ENTRY])

    keys: list[KeyEntry]


class NewKey(BaseModel):
    """An API key to make; `subscribe` and `publish` narrow what the role allows to what these filters cover."""

    model_config = example(**_NEW)

    name: str
    role: Role
    subscribe: Filters = None
    publish: Filters = None
    expires: int | None = None


class MadeKey(KeyEntry):
    """The key with its secret, which is shown this once."""

    model_config = example(**_MADE)

    secret: str


@router.get("", summary="List API keys", responses=refusals(PERMISSION_DENIED))
async def list_keys(_: Admin, here: Here) -> KeyList:
    """All API keys by name."""
    return KeyList(keys=[KeyEntry.of(key) for key in await here.access.list_keys()])


@router.post(
    "", status_code=201, summary="Make an API key", responses=refusals(CONFLICT, INVALID_FILTER, LIMIT_EXCEEDED)
)
async def make_key(new: NewKey, admin: Admin, here: Here) -> MadeKey:
    """Make an API key; 409 where the name is taken. The secret is in this answer and nowhere else."""
    secret, key = new_key(
        new.name,
        new.role,
        subscribe=new.subscribe,
        publish=new.publish,
        expires_s=new.expires,
        now_ms=int(here.now_s() * 1000),
        randomness=secrets.token_bytes(SECRET_BYTES),
    )
    await here.access.add_key(key)
    here.audit.note("key", "added", user=admin.user, about=key.id, name=key.name, role=key.role)
    return MadeKey(**KeyEntry.of(key).model_dump(), secret=secret)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key", responses=refusals(NOT_FOUND))
async def revoke_key(key_id: KeyId, admin: Admin, here: Here) -> None:
    """Revoke an API key; its sessions end on all nodes."""
    await here.access.revoke_key(key_id)
    here.audit.note("key", "revoked", user=admin.user, about=key_id)
