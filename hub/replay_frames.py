"""The frames of a replay: those of live events, with the replay's id and the moment that plays."""

from collections.abc import Sequence

import orjson

from hub.errors import HubError
from hub.events import NOWHERE, Position
from hub.protocol import Frame, cut, shown


def replayed(
    replay: int, *, since: Position, position: Position, time: int, pieces: Sequence[bytes], snapshot: bool = False
) -> list[Frame]:
    """Frames of what played after `since` up to `position`, or of how things were there.

    All but the last are parts and say where to come back from: of a snapshot nowhere, else `since`.
    """
    *parts, last = [b",".join(part) for part in cut(pieces)]
    mark = b',"time":%d%b' % (time, b',"snapshot":true' if snapshot else b"")
    before = NOWHERE if snapshot else since
    frames = [_events(replay, before, mark + b',"part":true', part) for part in parts]
    return [*frames, _events(replay, position, mark, last)]


def _events(replay: int, position: Position, mark: bytes, body: bytes) -> Frame:
    head = b'{"type":"events","replay":%d,"position":"%b"' % (replay, str(position).encode())
    return Frame("events", b'%b%b,"events":[%b]}' % (head, mark, body), position)


def replay_gap(replay: int, *, position: Position, time: int) -> Frame:
    """What lay before this position is not known any more, or was lost."""
    fields = {"type": "gap", "replay": replay, "position": str(position), "time": time}
    return Frame("gap", orjson.dumps(fields))


def replay_end(replay: int, *, position: Position, time: int, error: HubError | None = None) -> Frame:
    """Nothing follows: all has been played, or it can't go on."""
    fields: dict[str, object] = {"type": "replay_end", "replay": replay, "position": str(position), "time": time}
    if error is not None:
        fields["error"] = shown(error)
    return Frame("replay_end", orjson.dumps(fields))
