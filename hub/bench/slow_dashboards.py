"""dashboards.c in Python, with the client library, where there is no compiler; only for small loads, all verified."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import orjson

from hub.bench.slow import Options, answer, next_line, read_options, until
from hub.client import Event, Subscription, connect
from hub.errors import HubError

QUIET_S = 20.0
READY_S = 30.0


class Dashboard:
    """One dashboard: what it got, by the number of each message."""

    def __init__(self, options: Options, frame: dict[str, Any]) -> None:
        self.subscribed = False
        self.reason = ""
        self.snapshot = 0
        self.seen: set[int] = set()
        self.duplicated = self.reordered = self.foreign = self.conflated = self.frames = 0
        self.latencies_us: list[int] = []
        self.last = 0.0
        self._next: dict[int, int] = {}
        self._options = options
        self._frame = frame
        self._prefix = f"telemetry/{options['prefix']}"
        self._devices = int(options["devices"])

    async def run(self) -> None:
        """Connect, and take what comes until it is cancelled."""
        options, frame = self._options, self._frame
        url = f"ws://{options['host']}:{options['port']}{options['path']}"
        try:
            async with connect(url, token=orjson.loads(options["auth"])["token"]) as hub:
                subscription = hub.subscribe(*frame["filters"], snapshot=frame.get("snapshot", False))
                watch = asyncio.create_task(self._watch(subscription), name="hub.bench.slow_dashboards")
                try:
                    async for batch in subscription.batches():
                        self._take(batch.events, snapshot=batch.snapshot)
                finally:
                    watch.cancel()
        except HubError as error:
            self.reason = str(error)

    async def _watch(self, subscription: Subscription) -> None:
        wants_snapshot = self._frame.get("snapshot", False)
        await until(lambda: subscription.state == "subscribed" and (self.snapshot > 0 or not wants_snapshot))
        self.subscribed = True

    def _take(self, events: Sequence[Event], *, snapshot: bool) -> None:
        now_us = time.monotonic_ns() // 1000
        own = [event for event in events if event.topic.startswith(self._prefix)]
        if snapshot:
            self.snapshot += len(own)
            return
        self.frames += 1
        self.last = time.monotonic()
        for event in own:
            if event.conflated:
                self.conflated += event.conflated.get("count", 1)
            self.latencies_us.append(max(0, now_us - event.data["sent_us"]))
            self._count(int(event.topic.removeprefix(self._prefix)), event.data["number"])

    def _count(self, device: int, number: int) -> None:
        if number % self._devices != device:
            self.foreign += 1
        elif number in self.seen:
            self.duplicated += 1
        else:
            self.reordered += number < self._next.get(device, 0)
            self._next[device] = max(number + 1, self._next.get(device, 0))
            self.seen.add(number)


class Dashboards:
    """All of them."""

    def __init__(self, options: Options, frames: Sequence[dict[str, Any]]) -> None:
        self._groups = int(options["groups"])
        self._devices = int(options["devices"])
        self._all = [Dashboard(options, frames[i % len(frames)]) for i in range(int(options["count"]))]
        self._cpu_s = 0.0
        self._began = 0.0

    async def run(self) -> None:
        """Do as standard input says."""
        tasks = [asyncio.create_task(one.run(), name=f"hub.bench.dashboard[{i}]") for i, one in enumerate(self._all)]
        began = time.monotonic()
        await until(lambda: all(one.subscribed or one.reason for one in self._all), within_s=READY_S)
        answer("ready", self._ready(time.monotonic() - began))
        if await next_line() == "go":
            self._cpu_s, self._began = time.process_time(), time.monotonic()
            answer("going", {})
            end = await next_line()
            if end:
                answer("result", await self._result(int(end.removeprefix("end "))))
                await next_line()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ready(self, seconds: float) -> dict[str, object]:
        number = sum(one.subscribed for one in self._all)
        fewest = min(one.snapshot for one in self._all)
        reason = next((one.reason for one in self._all if one.reason), "")
        return {
            "open": number,
            "failed": len(self._all) - number,
            "seconds": seconds,
            "snapshot": fewest,
            "reason": reason,
        }

    def _due(self, dashboard: int, published: int) -> int:
        own = dashboard % self._groups
        return sum(1 for number in range(published) if number % self._devices % self._groups == own)

    def _is_over(self, due: Sequence[int], ended: float) -> bool:
        complete = all(len(one.seen) >= due[i] for i, one in enumerate(self._all))
        return complete or time.monotonic() - max(ended, *(one.last for one in self._all)) > QUIET_S

    async def _result(self, published: int) -> dict[str, object]:
        due = [self._due(i, published) for i in range(len(self._all))]
        ended = time.monotonic()
        await until(lambda: self._is_over(due, ended))
        latencies_us = sorted(us for one in self._all for us in one.latencies_us)
        counts = {
            name: sum(getattr(one, name) for one in self._all)
            for name in ("duplicated", "reordered", "foreign", "conflated", "frames")
        }
        shares = {"p50_us": 0.5, "p90_us": 0.9, "p99_us": 0.99, "p999_us": 0.999, "max_us": 1.0}
        return {
            "due": sum(due),
            "delivered": sum(len(one.seen) for one in self._all),
            **counts,
            **{name: _at(latencies_us, share) for name, share in shares.items()},
            "bytes": 0,
            "verified": len(self._all),
            "same": 0,
            "differ": 0,
            "closed": sum(bool(one.reason) for one in self._all),
            "seconds": max(0.0, max(one.last for one in self._all) - self._began),
            "cpu_s": time.process_time() - self._cpu_s,
            "stuck": [],
            "reason": next((one.reason for one in self._all if one.reason), ""),
        }


def _at(ordered: Sequence[int], share: float) -> int:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


async def main() -> None:
    """Do as standard input says."""
    options, subscriptions = read_options()
    await Dashboards(options, [orjson.loads(text) for text in subscriptions]).run()


if __name__ == "__main__":
    asyncio.run(main())
