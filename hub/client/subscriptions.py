"""All subscriptions of a client: which filters are on the wire, from which position, and who gets what comes.

The hub answers one `subscribe` after another and holds live events back meanwhile. So what comes between a reply and
the last frame of what was due belongs to that reply's interests alone, and at any other time all that are subscribed
stand at the same position.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hub.client.changes import Change
from hub.client.commands import Commands
from hub.client.frames import Events, Reply
from hub.client.inbox import Batch
from hub.client.interest import Interest, Router, State
from hub.errors import INVALID_POSITION, UNRECOVERABLE_POSITION, HubError
from hub.events import NOWHERE
from hub.interest import Interest as _OnWire
from hub.interest import Options

PATIENCE_S = 15.0
"""Longer than a command's: before it answers, the hub reads all that was missed from its log."""


@dataclass(frozen=True, slots=True)
class _Request:
    """All interests ask for the same options."""

    interests: Sequence[Interest]
    filters: Sequence[str]
    since: str | None = None
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class _Loading:
    """What is due to these interests first; `recovers` from there, or a snapshot."""

    interests: Sequence[Interest]
    recovers: str | None = None


class Subscriptions:
    """Interests over any number of links. `tell` is called with what happens to them.

    `failed` says why the link is of no use, where the hub does not answer; it is for the owner to end it then.
    """

    def __init__(self, commands: Commands, *, tell: Callable[[Change], None]) -> None:
        self.failed: str | None = None
        self._commands = commands
        self._tell = tell
        self._router = Router()
        self._wanted: Counter[_OnWire] = Counter()
        # Filters that the hub has confirmed: they need not be sent again for another interest.
        self._live: set[_OnWire] = set()
        self._open = False
        self._asked = 0
        self._loading: _Loading | None = None
        self._position: str | None = None
        self._in_parts = False

    @property
    def interests(self) -> list[Interest]:
        """All that have not ended."""
        return list(self._router.interests)

    def add(self, interest: Interest) -> None:
        """Begin; may be called at any time."""
        self._router.add(interest)
        self._wanted.update(_on_wire(interest))
        if not self._open:
            return
        if interest.position is not None:
            self._ask(_Request([interest], interest.filters, since=interest.position))
        elif interest.snapshot:
            self._ask(_Request([interest], interest.filters, snapshot=True))
        else:
            self._follow(interest)

    def _follow(self, interest: Interest) -> None:
        fresh = [each.filter for each in _on_wire(interest) if each not in self._live or interest.presence]
        settled = self._loading is None and self._asked == 0 and not self._in_parts
        if fresh or not settled or self._position is None:
            self._ask(_Request([interest], fresh or interest.filters))
        else:
            interest.confirmed()
            interest.reach(self._position)

    def remove(self, interest: Interest, error: HubError | None = None) -> None:
        """End; filters that nobody wants any more leave the wire."""
        if interest.state is State.UNSUBSCRIBED:
            return
        interest.state = State.UNSUBSCRIBED
        interest.inbox.end(error)
        self._router.discard(interest)
        self._wanted.subtract(_on_wire(interest))
        unwanted = [each for each in _on_wire(interest) if self._wanted[each] <= 0]
        for each in unwanted:
            del self._wanted[each]
        leaving = [each.filter for each in unwanted if error is None or each in self._live]
        self._live.difference_update(unwanted)
        if self._open and leaving:
            self._leave(leaving, interest.narrowing.wire)

    def _leave(self, filters: Sequence[str], options: Options) -> None:
        members = options.as_json()
        if not members and any(each.filter in filters for each in self._wanted):
            # Without a word of options it would mean: with whatever options.
            members = {"where": None}
        self._issue({"type": "unsubscribe", "filters": filters, **members}, lambda _: None)

    def opened(self) -> None:
        """There is a link: what has a position goes on from there, the others begin."""
        self._open = True
        self.failed = None
        interests = self.interests
        begun = [interest for interest in interests if interest.position is not None]
        loading = [interest for interest in interests if interest.position is None and interest.snapshot]
        following = [interest for interest in interests if interest.position is None and not interest.snapshot]
        for group in _alike(begun):
            self._ask(_Request(group, _union(group), since=group[0].position))
        for group in _alike(loading):
            self._ask(_Request(group, _union(group), snapshot=True))
        for group in _alike(following):
            self._ask(_Request(group, _union(group)))

    def lost(self) -> None:
        """The link is gone."""
        self._open = False
        self._loading = None
        self._in_parts = False
        self._position = None
        self._live.clear()
        for interest in self._router.interests:
            interest.unlinked()

    def events(self, frame: Events) -> None:
        """Give each interest its events."""
        loading = self._loading
        if loading is None and frame.snapshot:
            return  # those it was for have gone
        among = self._subscribed() if loading is None else loading.interests
        parts = self._router.split(frame.events)
        for interest in among:
            if interest.state is State.SUBSCRIBED:
                interest.take(parts.get(interest, []), frame)
        self._in_parts = frame.part
        if not frame.part:
            self._reach(frame.position)
            if loading is not None:
                self._loaded(loading)

    def _loaded(self, loading: _Loading) -> None:
        self._loading = None
        if loading.recovers is not None and loading.interests:
            self._tell(Change("recovered", position=loading.recovers))

    def heartbeat(self, position: str) -> None:
        """All that was due up to the position has come."""
        if self._loading is None and position != str(NOWHERE):
            self._reach(position)

    def _reach(self, position: str) -> None:
        self._position = position
        for interest in self._subscribed():
            interest.reach(position)

    def gap(self) -> None:
        """What lies before now is not to be had; the snapshot that follows is for all that are subscribed."""
        interests = self._subscribed()
        self._miss(interests, reason="The hub's log broke.")
        if interests:
            self._loading = _Loading(interests)

    def malformed(self, reason: str) -> None:
        """A frame could not be read: something may be missing."""
        for interest in self._subscribed():
            interest.inbox.put(Batch([], gap=True))
        self._tell(Change("gap", reason=reason))

    def stalled(self) -> None:
        """The subscription died on a living link: recover on that link."""
        interests = self._subscribed()
        position = self._position
        if position is not None and interests and self._loading is None:
            for interest in interests:
                interest.unlinked()
            for group in _alike(interests):
                self._ask(_Request(group, _union(group), since=position))

    def _subscribed(self) -> list[Interest]:
        return [interest for interest in self._router.interests if interest.state is State.SUBSCRIBED]

    def _miss(self, interests: Sequence[Interest], *, reason: str, since: str | None = None) -> None:
        for interest in interests:
            interest.miss()
        self._tell(Change("gap", reason=reason, position=since))

    def _ask(self, request: _Request) -> None:
        frame: dict[str, object] = {"type": "subscribe", "filters": request.filters}
        if request.since is not None:
            frame["since"] = request.since
        if request.snapshot:
            frame["snapshot"] = True
        if request.interests[0].presence:
            frame["presence"] = True
        frame |= request.interests[0].narrowing.wire.as_json()

        def settle(reply: Reply | None) -> None:
            self._asked -= 1
            if reply is None:
                return
            if reply.error is None:
                self._answered(request, reply)
            else:
                self._refused(request, reply.error)

        self._asked += 1
        try:
            self._issue(frame, settle)
        except HubError as error:
            self._asked -= 1
            self._refused(request, error)

    def _issue(self, frame: dict[str, object], settle: Callable[[Reply | None], None]) -> None:
        self._commands.issue(frame, settle, patience_s=PATIENCE_S)

    def _answered(self, request: _Request, reply: Reply) -> None:
        asked = {_OnWire(each, request.interests[0].narrowing.wire) for each in request.filters}
        self._live.update(asked & self._wanted.keys())
        interests = [interest for interest in request.interests if interest.state is not State.UNSUBSCRIBED]
        for interest in interests:
            interest.confirmed()
        if request.since is None and not request.snapshot:
            # docs/protocol.md: the position of this reply is the client's own.
            if reply.position is not None:
                self._reach(reply.position)
        elif request.since is not None and reply.recovered is not True:
            self._miss(interests, reason="The log does not reach back.", since=request.since)
            self._loading = _Loading(interests)
        else:
            self._loading = _Loading(interests, recovers=request.since)

    def _refused(self, request: _Request, error: HubError) -> None:
        interests = [interest for interest in request.interests if interest.state is not State.UNSUBSCRIBED]
        begun = [interest for interest in interests if interest.begun]
        if error.code.retry:
            self.failed = str(error)
        elif error.code in _LOST_POSITIONS and begun:
            self._miss(begun, reason=str(error), since=request.since)
            self._ask(_Request(begun, _union(begun), snapshot=True))
        elif len(interests) > 1:
            # One of them is at fault; the others go on.
            for interest in interests:
                since = None if request.since is None else interest.position
                self._ask(_Request([interest], interest.filters, since=since, snapshot=request.snapshot))
        else:
            for interest in interests:
                self.remove(interest, error)


_LOST_POSITIONS = (INVALID_POSITION, UNRECOVERABLE_POSITION)


def _on_wire(interest: Interest) -> list[_OnWire]:
    """What the hub knows of an interest: each filter with the options."""
    return [_OnWire(topic_filter, interest.narrowing.wire) for topic_filter in interest.filters]


def _alike(interests: Iterable[Interest]) -> list[list[Interest]]:
    """Those that one frame can ask for: from the same position, with the same options."""
    groups: dict[tuple[str | None, Options, bool], list[Interest]] = {}
    for each in interests:
        groups.setdefault((each.position, each.narrowing.wire, each.presence), []).append(each)
    return list(groups.values())


def _union(interests: Iterable[Interest]) -> list[str]:
    return list(dict.fromkeys(topic_filter for interest in interests for topic_filter in interest.filters))
