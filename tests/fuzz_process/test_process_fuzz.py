"""A selection of hostile traffic against a hub of its own process: it prints no traceback, and grows little."""

import asyncio
import re
import socket
from pathlib import Path

from tests.fuzz.mqtt import connect, publish, taken
from tests.fuzz.raw import HANDSHAKE, frame, head
from tests.processes import HubProcess, hub_process

GROWTH_BYTES = 64 * 2**20
SENT = (
    b"\x00" * 100,
    head("GET /ws\xff HTTP/1.1"),
    head(*HANDSHAKE) + frame(b"{"),
    head("GET /health/live HTTP/1.1", "Host: a") * 2000,
    head("POST /api/events HTTP/1.1", "Host: a", "Transfer-Encoding: chunked") + b"zz\r\n",
    head("GET /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1", "Host: a"),
    head("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", *HANDSHAKE[1:]) + frame(b"4[[[["),
    head("GET /" + "x" * 100_000 + " HTTP/1.1"),
)


def resident_bytes(hub: HubProcess) -> int:
    assert hub.process is not None
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{hub.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def send(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
        except ConnectionError:
            return


def test_no_traceback_and_little_memory(tmp_path: Path) -> None:
    with hub_process(tmp_path) as hub:
        before = resident_bytes(hub)
        for data in SENT:
            send(hub.http_port, data)
        for payload in (b"[" * 10_000, b'{"a":NaN}', bytes(2**20)):
            assert asyncio.run(taken(hub.mqtt_port, connect(b"x") + publish(b"tele/plug/SENSOR", payload, packet_id=1)))
        hub.wait_ready()
        assert resident_bytes(hub) - before < GROWTH_BYTES
        assert "Traceback" not in hub.said()
