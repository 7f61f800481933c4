"""Tickets, for clients that can say nothing but a URL: `/api/tickets`."""

from fastapi import APIRouter
from pydantic import BaseModel

from hub.api.deps import Asking, Here

router = APIRouter(prefix="/tickets", tags=["sign-in"])


class Ticket(BaseModel):
    """What to put behind `?ticket=` of `/ws` or `/events`, once, before `expires` (seconds since the epoch)."""

    ticket: str
    expires: int


@router.post("", status_code=201)
async def issue_ticket(asking: Asking, here: Here) -> Ticket:
    """A ticket for whoever asks: the same user, role and expiry of the session."""
    ticket, expires_s = await here.tickets.issue(asking)
    return Ticket(ticket=ticket, expires=expires_s)
