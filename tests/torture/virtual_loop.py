"""An event loop whose time passes only when nobody has anything to do: hours in a moment, the same every time."""

import asyncio
import selectors


class VirtualLoop(asyncio.SelectorEventLoop):
    """`now_s` is its clock; whoever works can also let it pass."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        return self.now_s


class _Skipping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("everybody waits for somebody else")
        if not found and timeout is not None and timeout > 0:
            self._loop.now_s += timeout
        return found


def virtual_time() -> float:
    """Seconds of the running loop, which must be a VirtualLoop."""
    return asyncio.get_running_loop().time()


def spend(seconds: float) -> None:
    """Something that takes time without a pause, such as writing to many sockets; where time is real, nothing."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop):
        loop.now_s += seconds
