import asyncio
from tests.fuzz.test_forwarded_fuzz import *
from tests.fuzz.test_forwarded_fuzz import hub, trusted
@pytest.mark.parametrize("trusted",[True],indirect=True)
async def test_zz(hub, caplog):
    async with Client.connected(hub.ws_url, auth=token(), additional_headers=named("192.0.2.1")), Client.connected(hub.ws_url, auth=token(), additional_headers=named("192.0.2.1")), Raw.connected(hub) as raw:
        asked = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"
        raw.send(head(asked, *HANDSHAKE[1:], "X-Forwarded-For: 192.0.2.1", f"Authorization: Bearer {token()}"))
        raw.send(frame(b"40"))
        try:
            async with asyncio.timeout(3):
                while p:= await raw.reader.read(999): print(p)
        except TimeoutError: print("TO")
        print([ (r.getMessage(), r.exc_text) for r in caplog.records])
