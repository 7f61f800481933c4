"""Which users of this node are on which topics, and what others must be told of it; pure, `now_s` is an argument."""

from collections.abc import Collection, Hashable, Iterator

Key = tuple[str, str]
"""Topic and user."""


class Attendance:
    """Counts the sessions of each user on each topic, and gives what has changed.

    A user who leaves a topic stays on it for `leave_delay_s`: who reloads a page has not left. `now_s` never goes back.
    A session that is on no topic is unknown here. What waits to be told is at most what is, or was told to be.
    """

    def __init__(self, *, leave_delay_s: float) -> None:
        self._leave_delay_s = leave_delay_s
        self._topics: dict[Hashable, dict[str, None]] = {}
        self._sessions: dict[Key, int] = {}
        self._leaving: dict[Key, float] = {}
        self._changed: dict[Key, None] = {}
        self._told: dict[Key, int] = {}

    def __len__(self) -> int:
        """How many users on how many topics: a user on two topics counts twice."""
        return len(self._sessions) + len(self._leaving)

    @property
    def told(self) -> int:
        """How much was told, or may have been, and must be kept alive."""
        return len(self._told)

    def enter(self, session: Hashable, topics: Collection[str], *, user: str) -> None:
        """The session of the user is on these topics too."""
        if not topics:
            return
        on = self._topics.setdefault(session, {})
        for topic in topics:
            if topic not in on:
                on[topic] = None
                key = topic, user
                self._sessions[key] = self._sessions.get(key, 0) + 1
                self._leaving.pop(key, None)
                self._changed[key] = None

    def leave(self, session: Hashable, topics: Collection[str] | None = None, *, user: str, now_s: float) -> None:
        """The session of the user is on these topics no more; None: on none at all."""
        on = self._topics.get(session)
        if on is None:
            return
        ended = list(on) if topics is None else topics
        for topic in ended:
            if topic in on:
                del on[topic]
                self._end((topic, user), now_s)
        if not on:
            del self._topics[session]

    def _end(self, key: Key, now_s: float) -> None:
        sessions = self._sessions[key] - 1
        if sessions:
            self._sessions[key] = sessions
            self._changed[key] = None
        else:
            del self._sessions[key]
            self._leaving[key] = now_s + self._leave_delay_s

    def due_s(self) -> float | None:
        """When there is something to take, as far as is known now; None: never."""
        if self._changed:
            return 0
        return next(iter(self._leaving.values()), None)

    def take(self, now_s: float, *, limit: int) -> list[tuple[str, str, int]]:
        """What is to be told: at most `limit` of (topic, user, sessions), each once; it counts as told from now on."""
        for key in list(self._gone(now_s)):
            del self._leaving[key]
            self._changed[key] = None
        taken: list[tuple[str, str, int]] = []
        while self._changed and len(taken) < limit:
            key = next(iter(self._changed))
            del self._changed[key]
            sessions = self._sessions.get(key) or int(key in self._leaving)
            if sessions != self._told.get(key, 0):
                self._tell(key, sessions)
                taken.append((*key, sessions))
        return taken

    def _gone(self, now_s: float) -> Iterator[Key]:
        # In the order of their time, as the delay is the same for all.
        for key, until_s in self._leaving.items():
            if until_s > now_s:
                return
            yield key

    def _tell(self, key: Key, sessions: int) -> None:
        if sessions:
            self._told[key] = sessions
        else:
            del self._told[key]

    def put_back(self, taken: Collection[tuple[str, str, int]]) -> None:
        """What was taken was perhaps not heard: it is the first to be taken again, so that no more becomes unsure."""
        unsure = dict.fromkeys((topic, user) for topic, user, _ in taken)
        self._told.update(dict.fromkeys(unsure, -1))
        self._changed = unsure | self._changed

    def restart(self) -> None:
        """What was told has been forgotten: all that is here is to be told anew."""
        self._told.clear()
        self._changed = dict.fromkeys([*self._sessions, *self._leaving])
