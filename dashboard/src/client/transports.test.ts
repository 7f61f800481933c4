import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection } from "./index.ts";
import { FakeHttp } from "./testing/fake_http.ts";
import { FakeSocket } from "./testing/fake_hub.ts";

let http: FakeHttp;
let sockets: FakeSocket[];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  http = new FakeHttp();
  sockets = [];
  vi.stubGlobal("fetch", http.fetch);
  vi.stubGlobal(
    "WebSocket",
    class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    },
  );
  connection = new Connection({ url: "wss://hub.test/sub/ws", random: () => 0 });
});
afterEach(() => {
  connection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Lets the newest try fail, and the next begin. */
async function fail(): Promise<void> {
  if (connection.transport === "websocket") {
    sockets.at(-1)?.emit("error");
    sockets.at(-1)?.emit("close", { code: 1006, reason: "" });
  } else http.newest.reject(new Error("unreachable"));
  await vi.advanceTimersByTimeAsync(500);
}

async function begin(): Promise<void> {
  connection.connect();
  await vi.advanceTimersByTimeAsync(0);
}

it("takes an event stream after three WebSockets that never opened, and then both by turns", async () => {
  await begin();
  const taken = [];
  for (let i = 0; i < 6; i++) {
    taken.push(connection.transport);
    await fail();
  }
  expect(taken).toEqual(["websocket", "websocket", "websocket", "sse", "websocket", "sse"]);
  expect(http.requests.map(({ url }) => url.href)).toEqual(Array(2).fill("https://hub.test/sub/api/me"));
});

it("stays with WebSockets once one was open", async () => {
  await begin();
  sockets[0]?.emit("open");
  for (let i = 0; i < 6; i++) await fail();
  expect(connection.transport).toBe("websocket");
  expect(http.requests).toEqual([]);
});

it("takes an event stream at once where there are no WebSockets", async () => {
  vi.stubGlobal("WebSocket", undefined);
  await begin();
  await fail();
  expect(connection.transport).toBe("sse");
  expect(http.requests).toHaveLength(2);
});

it("loses nothing on the way from one transport to the other", async () => {
  const topics: string[] = [];
  await begin();
  for (let i = 0; i < 3; i++) await fail();
  connection.subscribe(["chat/+"], { events: (events) => topics.push(...events.map(({ topic }) => topic)) });
  http.newest.json({ user: "anna" });
  await vi.advanceTimersByTimeAsync(0);
  http.newest.begin();
  http.newest.block({ type: "reply", position: "a-1", ...{ id: 1, ok: true } });
  http.newest.block({ type: "events", position: "a-2", ...{ events: [{ topic: "chat/ops", time: 1, data: {} }] } });
  await vi.advanceTimersByTimeAsync(0);
  http.newest.break();
  await vi.advanceTimersByTimeAsync(500);
  expect(connection.transport).toBe("websocket");
  sockets.at(-1)?.emit("open");
  expect(sockets.at(-1)?.sent).toEqual([{ type: "subscribe", id: 2, filters: ["chat/+"], since: "a-2" }]);
  expect(topics).toEqual(["chat/ops"]);
});
