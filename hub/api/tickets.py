"""Tickets, for clients that can say nothing but a URL: `/api/tickets`."""

from fastapi import APIRouter
from pydantic import BaseModel

from hub.api.answers import example
from hub.api.deps import Asking, Here
from hub.errors import LIMIT_EXCEEDED
from hub.refusals import refusals

router = APIRouter(prefix="/tickets", tags=["sign-in"])


class Ticket(BaseModel):
    """What to put behind `?ticket=` of `/ws` or `/events`, once, before `expires` (seconds since the epoch)."""

    model_config = example(ticket="q7Zt0cV4dPzX1bM9yH2kS5uR8wN3fJ6L", expires=1_732_412_375)

    ticket: str
    expires: int


@router.post("", status_code=201, summary="Issue a ticket", responses=refusals(LIMIT_EXCEEDED))
async def issue_ticket(asking: Asking, here: Here) -> Ticket:
    """A ticket for whoever asks: the same user, role and expiry of the session."""
    ticket, expires_s = await here.tickets.issue(asking)
    return Ticket(ticket=ticket, expires=expires_s)
