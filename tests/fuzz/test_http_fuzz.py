"""What is sent to the HTTP edges broken, too large, too slowly or with nonsense in it; and streams nobody reads."""

import asyncio
import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import ERROR_CODES
from hub.events import Batch, encode_event
from tests.fuzz.conftest import Healthy
from tests.fuzz.raw import HANDSHAKE, Raw, frame, head, resident_bytes, signed
from tests.running import DEADLINE_S, Running, token, until

NAMES = {code.name for code in ERROR_CODES} - {"internal"}
SIGNED = {"Authorization": f"Bearer {token()}"}
EVENTS = signed("GET /events?filter=note/%23 HTTP/1.1", "Host: a")
POST = signed("POST /api/events HTTP/1.1", "Host: a", "Content-Type: application/json")

REFUSED = {
    "a header of 1 MB": (head(*EVENTS, "X: " + "x" * 1_000_000), "too_large"),
    "1 MB of headers": (head(*EVENTS, *(f"X-{n}: {'y' * 100}" for n in range(10_000))), "too_large"),
    "a header without end": (head(*EVENTS)[:-2] + b"X: " + b"x" * 2**20, "too_large"),
    "a URL of 1 MB": (head("GET /" + "x" * 1_000_000 + " HTTP/1.1"), "too_large"),
    "a body that claims 1 GB": (head(*POST, "Content-Length: 1000000000"), "too_large"),
    "a body of 1 MB in chunks": (
        head(*POST, "Transfer-Encoding: chunked") + b"10000\r\n%b\r\n" % (b"x" * 65_536) * 16,
        "too_large",
    ),
    "trailers without end": (head(*POST, "Transfer-Encoding: chunked") + b"0\r\nX: " + b"x" * 2**21, "too_large"),
    "a length that is none": (head(*POST, "Content-Length: -1"), "bad_request"),
    "a chunk that is none": (head(*POST, "Transfer-Encoding: chunked") + b"zz\r\n", "bad_request"),
    "no HTTP": (b"\x00" * 100, "bad_request"),
    "a header without a name": (head("GET / HTTP/1.1", ": y"), "bad_request"),
    "a path that is none": (head("GET \xff\xff HTTP/1.1"), "bad_request"),
    "CONNECT": (head("CONNECT a:1 HTTP/1.1", "Host: a"), "bad_request"),
}


@pytest.mark.parametrize(("sent", "name"), REFUSED.values(), ids=list(REFUSED))
async def test_what_is_no_good_request_is_refused_by_name(hub: Running, sent: bytes, name: str) -> None:
    async with Raw.connected(hub) as raw:
        raw.send(sent)
        raw.end()
        said = await raw.rest()
    assert f'"name":"{name}"'.encode() in said
    assert sum(hub.hub.node.allowance.refused.values()) == hub.hub.node.allowance.refused[name] == 1


SLOW = {
    "nothing": b"",
    "half a request line": b"GET /ev",
    "half a handshake": head(*HANDSHAKE)[:-2],
    "half a head": head(*EVENTS)[:-2],
    "half a body": head(*POST, "Content-Length: 100") + b"{",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=list(SLOW))
async def test_who_drips_is_not_waited_for(hub: Running, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr("hub.transports.uvicorn_http.HEAD_TIMEOUT_S", 0.3)
    monkeypatch.setattr("hub.transports.uvicorn_http.MESSAGE_TIMEOUT_S", 0.3)
    async with Raw.connected(hub) as raw:
        raw.send(sent)
        await asyncio.wait_for(raw.rest(), DEADLINE_S)
    assert hub.hub.node.allowance.refused["request_timeout"] == 1


async def test_a_head_that_drips_in_time_is_good(hub: Running) -> None:
    async with Raw.connected(hub) as raw:
        for byte in head(*signed("GET /api/me HTTP/1.1", "Host: a", "Connection: close")):
            raw.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await raw.status() == 200


async def test_a_stream_that_nobody_reads_is_closed_and_bounded(hub: Running, unharmed: Healthy) -> None:
    before = resident_bytes()
    async with Raw.connected(hub) as raw:
        raw.send(head(*EVENTS))
        await raw.reader.readuntil(b"event: reply")
        raw.reader._transport.pause_reading()  # type: ignore[attr-defined]  # as a program does that hangs
        piece = encode_event("note/bulk", 1, {"x": "x" * 60_000})
        for _ in range(100):
            if not hub.hub.node.closed.get("slow"):
                await hub.hub.engine.publish(Batch.of(["note/bulk"] * 4, [1] * 4, [piece] * 4))
        await unharmed.check()
        await until(lambda: hub.hub.node.closed.get("slow") == 1)
    await until(lambda: len(hub.hub.node.sessions) == 1)
    assert resident_bytes() - before < 32 * 2**20


async def test_pipelined_requests_are_all_answered(hub: Running) -> None:
    async with Raw.connected(hub) as raw:
        raw.send(head("GET /health/live HTTP/1.1", "Host: a") * 300)
        raw.send(head("GET /health/live HTTP/1.1", "Host: a", "Connection: close"))
        assert (await raw.rest()).count(b"HTTP/1.1 200") == 301


async def test_more_pipelined_requests_than_can_wait(hub: Running) -> None:
    async with Raw.connected(hub) as raw:
        raw.send(head("GET /health/live HTTP/1.1", "Host: a") * 2000)
        await raw.rest()
    assert hub.hub.node.allowance.refused == {"too_many_requests": 1}


async def test_frames_to_an_event_stream(hub: Running) -> None:
    async with Raw.connected(hub) as raw:
        raw.send(head(*EVENTS))
        await raw.reader.readuntil(b"event: reply")
        raw.send(frame(b"{}") * 10)
        raw.end()
    await until(lambda: len(hub.hub.node.sessions) == 1)


NONSENSE = ["", "-1", "0", "1", "x", "1e99", "9" * 400, "\x00", "a-1", "none-0", "é", "🚪", "#", "a/#/b", "[]", "{"]
MEMBERS = ["filter", "since", "snapshot", "limit", "wait", "begin", "ticket", "where", "fields", "max_rate", "token"]
queries = st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from(NONSENSE) | st.text(max_size=20)), max_size=6)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.sampled_from(["/events", "/api/events"]), members=queries)
async def test_nonsense_in_a_query_is_refused_by_name(hub: Running, path: str, members: list[tuple[str, str]]) -> None:
    asked = "&".join(f"{name}={quote(text.encode('utf-8', 'replace'))}" for name, text in members)
    if path == "/api/events":
        # The last `wait` counts: an answer at once, whatever is asked.
        asked += "&wait=0"
    async with (
        httpx.AsyncClient(base_url=hub.origin, headers=SIGNED, timeout=DEADLINE_S) as http,
        http.stream("GET", f"{path}?{asked}") as answer,
    ):
        if answer.status_code != 200:
            refused = json.loads(await answer.aread())["error"]
            assert refused["name"] in NAMES
            assert answer.status_code < 500
