"""A client's exchange with its hub over any number of links: frames in, frames out; no I/O and no clock.

The owner of the link calls `opened`, `received` and `lost`, after each call sends what `take_outgoing` gives, ends the
link where `failed` says why, and calls `judge` when `due_s` has come.
"""

from collections.abc import Callable, Mapping

from hub.client.changes import Change
from hub.client.commands import Commands, Settle
from hub.client.frames import Events, Gap, Heartbeat, Reply, Typing, parse
from hub.client.interest import Interest
from hub.client.subscriptions import PATIENCE_S, Subscriptions
from hub.client.watchdog import Silence, StallDetector
from hub.errors import HubError, InvalidFrame


class Exchange:
    """What was asked for, how far it has come, and what waits for an answer. Times in seconds of one steady clock."""

    def __init__(
        self,
        *,
        tell: Callable[[Change], None],
        hear: Callable[[Typing], None] = lambda _: None,
        expires: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.connected = False
        self.lag_ms = 0.0
        self.malformed_frames = 0
        self._tell = tell
        self._hear = hear
        self._expires = expires
        self._commands = Commands()
        self._subscriptions = Subscriptions(self._commands, tell=tell)
        self._silence: Silence | None = None
        self._stall = StallDetector()
        self._failed: str | None = None

    @property
    def failed(self) -> str | None:
        """Why the link is of no use; None while it is."""
        return self._failed or self._subscriptions.failed

    @property
    def awaits(self) -> bool:
        """Whether any frame has no answer yet."""
        return len(self._commands) > 0

    @property
    def due_s(self) -> float | None:
        """When to call `judge`; None without a link."""
        if self._silence is None:
            return None
        due_s = self._commands.due_s
        return self._silence.due_s if due_s is None else min(due_s, self._silence.due_s)

    def take_outgoing(self) -> list[bytes]:
        """Frames to send now, in order."""
        outgoing, self._commands.outgoing = self._commands.outgoing, []
        return outgoing

    def opened(self, token: str | None, *, now_s: float) -> None:
        """There is a link. With a token it counts as connected when the hub has answered the sign-in."""
        self._commands.now_s = now_s
        self._silence = Silence(now_s)
        self._stall = StallDetector()
        self._failed = None
        if token is None:
            self._signed_in()
        else:
            self._commands.issue({"type": "auth", "token": token}, self._on_auth, patience_s=PATIENCE_S)
        self._subscriptions.opened()

    def _on_auth(self, reply: Reply | None) -> None:
        if reply is not None and reply.error is None:
            self._signed_in()
            self._expiring(reply)
        elif reply is not None:
            self._failed = str(reply.error)

    def renew(self, token: str, *, now_s: float) -> None:
        """Sign in anew, in place, for the same user; `expires` is told until when, or `not_renewed` why not."""
        self._commands.now_s = now_s
        self._commands.issue({"type": "auth", "token": token}, self._on_renewal, patience_s=PATIENCE_S)

    def _on_renewal(self, reply: Reply | None) -> None:
        if reply is not None and reply.error is None:
            self._expiring(reply)
        elif reply is not None:
            self._tell(Change("not_renewed", reason=str(reply.error)))

    def _expiring(self, reply: Reply) -> None:
        if reply.expires is not None:
            self._expires(reply.expires)

    def _signed_in(self) -> None:
        self.connected = True
        self._tell(Change("connected"))

    def lost(self) -> None:
        """The link is gone; subscriptions and positions are kept for the next one."""
        self.connected = False
        self._silence = None
        self._failed = None
        self._commands.lose()
        self._subscriptions.lost()

    def received(self, payload: bytes | str, *, now_s: float) -> None:
        """Take one message of the hub."""
        self._commands.now_s = now_s
        if self._silence is not None:
            self._silence.heard(now_s)
        try:
            frame = parse(payload)
        except InvalidFrame as error:
            self.malformed_frames += 1
            self._subscriptions.malformed(str(error))
            return
        match frame:
            case Events():
                self._subscriptions.events(frame)
            case Heartbeat():
                self._beat(frame)
            case Gap():
                self._subscriptions.gap()
            case Typing():
                self._hear(frame)
            case Reply():
                self._commands.take(frame)

    def _beat(self, frame: Heartbeat) -> None:
        self.lag_ms = frame.lag_ms
        stalled = self._stall.observe(frame.position, frame.lag_ms)
        self._subscriptions.heartbeat(frame.position)
        if stalled:
            self._subscriptions.stalled()

    def judge(self, now_s: float) -> None:
        """Look at the clock: `failed` may say afterwards that the link is dead."""
        due_s = self._commands.due_s
        if due_s is not None and now_s >= due_s:
            self._failed = "The hub did not answer."
        elif self._silence is not None and self._silence.judge(now_s):
            self._failed = "Nothing came from the hub, not even a heartbeat."

    def resumed(self, *, paused_s: float, now_s: float) -> None:
        """Nothing was read for a while, by the client's own choice: that counts against nobody."""
        self._commands.now_s = now_s
        self._commands.postpone(paused_s)
        if self._silence is not None:
            self._silence = Silence(now_s)

    def subscribe(self, interest: Interest, *, now_s: float) -> None:
        """Begin with an interest; over every link until `unsubscribe`."""
        self._commands.now_s = now_s
        self._subscriptions.add(interest)

    def unsubscribe(self, interest: Interest, *, now_s: float, error: HubError | None = None) -> None:
        """End an interest; its subscriber gets the error where there is one."""
        self._commands.now_s = now_s
        self._subscriptions.remove(interest, error)

    def ask(self, frame: Mapping[str, object], settle: Settle) -> int:
        """Send a frame and give its id; `settle` gets the outcome. Raises HubError where it can't be sent."""
        return self._commands.issue(frame, settle)

    def forget(self, frame_id: int) -> None:
        """Nobody waits for this answer any more."""
        self._commands.forget(frame_id)

    def end(self, error: HubError | None) -> None:
        """All subscriptions end."""
        self.lost()
        for interest in self._subscriptions.interests:
            self._subscriptions.remove(interest, error)
