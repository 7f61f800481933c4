"""When sessions end because their token does: by the second, so that a look at the clock costs nothing per session."""

from hub.session import Session


class Expiry:
    """Sessions by the second (since the epoch) in which their token expires."""

    def __init__(self) -> None:
        self._sessions: dict[int, dict[Session, None]] = {}

    def add(self, session: Session) -> None:
        """Watch a session, by the expiry of its identity."""
        self._sessions.setdefault(session.identity.expires_s, {})[session] = None

    def discard(self, session: Session) -> None:
        """Watch it no more; must be called before its identity changes."""
        expires_s = session.identity.expires_s
        sessions = self._sessions.get(expires_s)
        if sessions is not None:
            sessions.pop(session, None)
            if not sessions:
                del self._sessions[expires_s]

    def take(self, now_s: int) -> list[Session]:
        """The sessions whose time has come, watched no more."""
        due = [expires_s for expires_s in self._sessions if expires_s <= now_s]
        return [session for expires_s in due for session in self._sessions.pop(expires_s)]
