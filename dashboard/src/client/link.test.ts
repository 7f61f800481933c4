import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE_CODES } from "./codes.ts";
import { Connection } from "./connection.ts";
import { FakeHub } from "./testing/fake_hub.ts";

const T0 = Date.UTC(2030, 0, 1);

beforeEach(() => void vi.useFakeTimers({ now: T0 }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Lets promises settle, without time passing. */
const settle = () => vi.advanceTimersByTimeAsync(0);

async function connected(options: ConstructorParameters<typeof FakeHub>[0] = {}): Promise<FakeHub> {
  const hub = new FakeHub(options);
  hub.connection.connect();
  await settle();
  hub.open();
  return hub;
}

describe("connecting", () => {
  it("opens one socket with the subprotocol and tells each state", async () => {
    const hub = await connected();
    hub.connection.connect();
    await settle();
    expect(hub.sockets).toHaveLength(1);
    expect(hub.socket).toMatchObject({ url: "ws://hub.test/ws", protocols: ["hub.v1.json"] });
    expect(hub.connection.state).toBe("connected");
    expect(hub.connection.lastFrameAt).toBe(T0);
    expect(hub.takeLog("state")).toEqual([
      { state: "connecting", final: false },
      { state: "connected", final: false },
    ]);
  });

  it.each([
    ["a token", () => "t.o.k", ["hub.v1.json", "bearer.t.o.k"]],
    ["a token that takes time", async () => "t.o.k", ["hub.v1.json", "bearer.t.o.k"]],
    ["the cookie where there is no token", () => null, ["hub.v1.json"]],
  ])("offers %s", async (_name, token, protocols) => {
    const hub = await connected({ token });
    expect(hub.socket.protocols).toEqual(protocols);
  });

  it("uses the browser's own socket, clock and dice where it is given none", async () => {
    const opened: unknown[][] = [];
    class BrowserSocket {
      addEventListener = () => undefined;
      close = () => undefined;
      constructor(...args: unknown[]) {
        opened.push(args);
      }
    }
    vi.stubGlobal("WebSocket", BrowserSocket);
    const connection = new Connection({ url: new URL("wss://hub.test/ws") });
    connection.connect();
    await settle();
    expect(opened).toEqual([["wss://hub.test/ws", ["hub.v1.json"]]]);
    connection.close();
  });

  it.each([
    ["a token that can't be had", { token: () => Promise.reject(new Error("offline")) }],
    [
      "a socket that can't be made",
      {
        socket: () => {
          throw new Error("offline");
        },
      },
    ],
  ])("tries again after %s", async (_name, options) => {
    const hub = new FakeHub(options);
    hub.connection.connect();
    await settle();
    expect(hub.takeLog("state").at(-1)).toEqual({
      state: "disconnected",
      reason: "Error: offline",
      final: false,
      retryAt: T0 + 500,
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(hub.takeLog("state")[0]).toMatchObject({ state: "connecting" });
  });

  it("tries again after a socket that fails to open, whether or not it says that it is closed", async () => {
    const hub = new FakeHub();
    hub.connection.connect();
    await settle();
    hub.socket.emit("error");
    hub.hangUp(1006);
    expect(hub.takeLog("state").slice(1)).toEqual([
      { state: "disconnected", reason: "The hub could not be reached.", final: false, retryAt: T0 + 500 },
    ]);
  });

  it("leaves an error of an open socket to the close event, which has the code", async () => {
    const hub = await connected();
    hub.socket.emit("error");
    expect(hub.connection.state).toBe("connected");
    hub.hangUp(3507);
    expect(hub.takeLog("state").at(-1)).toMatchObject({ code: 3507 });
  });

  it("gives up a try after 10 s, and does not count it as a loss", async () => {
    const hub = new FakeHub();
    hub.connection.connect();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(hub.socket.closed).toBe(true);
    expect(hub.takeLog("state").at(-1)).toEqual({
      state: "disconnected",
      reason: "The hub did not answer.",
      final: false,
      retryAt: T0 + 10_500,
    });
  });
});

describe("coming back", () => {
  it.each(Object.entries(CLOSE_CODES).map(([name, { number, reconnect }]) => ({ name, number, reconnect })))(
    "after $name ($number): $reconnect",
    async ({ number, reconnect }) => {
      const hub = await connected();
      hub.heartbeat("a-1");
      hub.takeLog("state");
      hub.hangUp(number, "because");
      const [detail] = hub.takeLog("state");
      expect(detail).toMatchObject({ state: "disconnected", code: number, reason: "because", final: !reconnect });
      await vi.advanceTimersByTimeAsync(60_000);
      expect(hub.sockets.length > 1).toBe(reconnect);
    },
  );

  it("does not come back with a token that had expired before the hub said a word", async () => {
    const hub = await connected();
    hub.hangUp(3005);
    expect(hub.takeLog("state").at(-1)).toMatchObject({ code: 3005, final: true });
    hub.connection.connect();
    await settle();
    expect(hub.sockets).toHaveLength(2);
  });

  it("waits longer after each failure, until the hub has spoken", async () => {
    const hub = new FakeHub({ random: () => 0.999_999 });
    const waits: number[] = [];
    const wait = () => {
      const { retryAt } = hub.takeLog("state").at(-1) as { retryAt: number };
      waits.push(retryAt - Date.now());
      return vi.advanceTimersByTimeAsync(retryAt - Date.now());
    };
    hub.connection.connect();
    await settle();
    for (let i = 0; i < 6; i++) {
      hub.open();
      hub.hangUp(1006);
      await wait();
    }
    hub.open();
    hub.heartbeat("a-1");
    hub.hangUp(1006);
    await wait();
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 20_000, 1000]);
  });

  it("waits as after many failures where the hub asks for it", async () => {
    const hub = await connected({ random: () => 0.999_999 });
    hub.heartbeat("a-1");
    hub.hangUp(CLOSE_CODES.too_many_requests.number);
    expect(hub.takeLog("state").at(-1)).toMatchObject({ retryAt: T0 + 20_000 });
  });

  it("tries at once when told to, and only where it waits", async () => {
    const hub = await connected();
    hub.connection.retryNow();
    hub.hangUp(1006);
    await settle();
    expect(hub.sockets).toHaveLength(1);
    hub.connection.retryNow();
    hub.connection.retryNow();
    await settle();
    expect(hub.sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(hub.sockets).toHaveLength(2);
  });

  it("says since when what was shown is old, over all tries until nothing is left to recover", async () => {
    const hub = await connected();
    await vi.advanceTimersByTimeAsync(1000);
    hub.hangUp(1006);
    await vi.advanceTimersByTimeAsync(500);
    hub.hangUp(1006);
    const details = hub.takeLog("state").slice(2);
    expect(details).toHaveLength(3);
    for (const detail of details) expect(detail).toMatchObject({ lostSince: T0 + 1000 });
    await vi.advanceTimersByTimeAsync(1000);
    hub.open();
    expect(hub.takeLog("state").at(-1)).toEqual({ state: "connected", final: false });
  });
});

describe("a dead link", () => {
  it("is given up after 35 s without a frame; what was shown is from the last one", async () => {
    const hub = await connected();
    await vi.advanceTimersByTimeAsync(20_000);
    hub.heartbeat("a-1");
    await vi.advanceTimersByTimeAsync(34_999);
    expect(hub.connection.state).toBe("connected");
    await vi.advanceTimersByTimeAsync(1);
    expect(hub.connection.state).toBe("disconnected");
    expect(hub.socket.closed).toBe(true);
    expect(hub.takeLog("state").at(-1)).toMatchObject({ lostSince: T0 + 20_000, retryAt: T0 + 55_500, final: false });
  });

  it("is kept by any frame, also by one of an unknown type", async () => {
    const hub = await connected();
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(30_000);
      hub.say('{"type":"notice"}');
    }
    expect(hub.connection.state).toBe("connected");
  });

  it("has no say any more when its socket comes to life", async () => {
    const hub = await connected();
    const old = hub.socket;
    await vi.advanceTimersByTimeAsync(35_500);
    hub.open();
    old.emit("open");
    old.emit("message", { data: '{"type":"heartbeat","position":"a-9","lag_ms":0}' });
    old.emit("close", { code: 3500, reason: "" });
    expect(hub.connection.state).toBe("connected");
    expect(hub.connection.position).toBeNull();
  });
});

describe("closing", () => {
  it("is final until connect, and said once", async () => {
    const hub = await connected();
    hub.connection.close();
    hub.connection.close();
    hub.connection.retryNow();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hub.socket.closed).toBe(true);
    expect(hub.sockets).toHaveLength(1);
    expect(hub.takeLog("state").slice(2)).toEqual([
      { state: "disconnected", reason: "closed", final: true, lostSince: T0 },
    ]);
    hub.connection.connect();
    await settle();
    expect(hub.sockets).toHaveLength(2);
  });

  it("does nothing before connect", () => {
    const hub = new FakeHub();
    hub.connection.close();
    expect(hub.log).toEqual([]);
  });

  it("while the socket is opening closes it", async () => {
    const hub = new FakeHub();
    hub.connection.connect();
    await settle();
    hub.connection.close();
    hub.open();
    expect(hub.socket.closed).toBe(true);
    expect(hub.connection.state).toBe("disconnected");
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["comes", () => new Promise<string>((resolve) => setTimeout(resolve, 1000, "late"))],
    ["fails", () => new Promise<string>((_resolve, reject) => setTimeout(reject, 1000, new Error("late")))],
  ])("while a token is awaited opens no socket when it %s", async (_name, token) => {
    const hub = new FakeHub({ token });
    hub.connection.connect();
    hub.connection.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(hub.sockets).toHaveLength(0);
    expect(hub.takeLog("state")).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("while it waits for the next try ends the tries", async () => {
    const hub = await connected();
    hub.hangUp(1006);
    hub.connection.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hub.sockets).toHaveLength(1);
    expect(hub.takeLog("state").at(-1)).toMatchObject({ reason: "closed", final: true });
  });
});
