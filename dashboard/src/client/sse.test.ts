import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import golden from "../../../tests/golden/frames.json";
import { Connection, type ConnectionEventMap } from "./index.ts";
import { ASK_MS, openEventStream } from "./sse.ts";
import { FakeHttp, type FakeRequest } from "./testing/fake_http.ts";

let http: FakeHttp;
let connection: Connection;
let log: { type: string; detail: unknown }[];

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

function make(token: string | null = null): void {
  http = new FakeHttp();
  log = [];
  connection = new Connection({
    url: "ws://hub.test/ws",
    token: () => token,
    random: () => 0,
    socket: (url, protocols) => openEventStream(url, protocols, http.fetch),
  });
  const types: (keyof ConnectionEventMap)[] = ["state", "recovery", "gap", "error"];
  for (const type of types) connection.addEventListener(type, ({ detail }) => log.push({ type, detail }));
}

async function open(): Promise<void> {
  connection.connect();
  await settle();
  http.newest.json({ user: "anna", role: "operator", expires: 1 });
  await settle();
}

/** A subscriber that writes down what it gets. */
function read(filters: string[], options: { snapshot?: boolean } = {}) {
  const got: string[] = [];
  const subscription = connection.subscribe(
    filters,
    {
      events: (events, { snapshot }) =>
        got.push(`${snapshot ? "snapshot" : "live"}: ${events.map(({ topic }) => topic).join(" ")}`),
      gap: () => got.push("gap"),
    },
    options,
  );
  return { subscription, take: () => got.splice(0) };
}

function reply(request: FakeRequest, fields: { position?: string; recovered?: boolean } = {}): void {
  request.block({ type: "reply", ...{ id: 1, ok: true, ...fields } });
}

function events(request: FakeRequest, position: string, topics: string[], snapshot?: true): void {
  const list = topics.map((topic) => ({ topic, time: 1, data: {} }));
  request.block({ type: "events", position, ...{ events: list, ...(snapshot ? { snapshot } : {}) } });
}

/** A stream of these filters that has given its snapshot up to the position. */
async function loaded(filters: string[], position: string) {
  const reader = read(filters, { snapshot: true });
  await settle();
  http.newest.begin();
  reply(http.newest, { position });
  events(http.newest, position, [], true);
  await settle();
  reader.take();
  return reader;
}

const states = () => log.filter(({ type }) => type === "state").map(({ detail }) => detail);

beforeEach(() => {
  vi.useFakeTimers();
  make();
});
afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

describe("opening", () => {
  it("asks who one is, beside the WebSocket's address, with the cookie or with the token", async () => {
    await open();
    expect(connection.state).toBe("connected");
    expect(http.newest.url.href).toBe("http://hub.test/api/me");
    expect(http.newest.init.headers).toEqual({});
    make("t");
    await open();
    expect(http.newest.init.headers).toEqual({ authorization: "Bearer t" });
  });

  it.each([
    [401, "unauthorized", 3502],
    [401, "token_expired", 3005],
    [401, "invalid_token", 3500],
    [403, "permission_denied", 3507],
  ])("%d %s ends it for good with %d", async (status, name, code) => {
    connection.connect();
    await settle();
    http.newest.refuse(status, 101, name);
    await settle();
    expect(states().at(-1)).toMatchObject({ state: "disconnected", code, final: true });
  });

  it.each([
    [429, "too_many_requests", 3013],
    [503, "not_available", 1006],
  ])("%d %s is tried again", async (status, name, code) => {
    connection.connect();
    await settle();
    http.newest.refuse(status, 108, name);
    await settle();
    expect(states().at(-1)).toMatchObject({ state: "disconnected", code, final: false });
  });

  it.each([
    ["what is before the hub", () => http.newest.resolve(new Response("<html>", { status: 502 }))],
    ["something else", () => http.newest.json({ error: "no" }, 404)],
    ["nobody", () => http.newest.reject(new TypeError("unreachable"))],
  ])("is tried again where %s answers", async (_name, answer) => {
    connection.connect();
    await settle();
    answer();
    await settle();
    expect(states().at(-1)).toMatchObject({ state: "disconnected", code: 1006, final: false });
  });

  it("that the page does not want any more is not open, whatever the answer", async () => {
    connection.connect();
    await settle();
    connection.close();
    http.newest.json({ user: "anna" });
    await settle();
    connection.connect();
    await settle();
    connection.close();
    http.newest.reject(new TypeError("unreachable"));
    await settle();
    expect(states().filter((state) => (state as { state: string }).state === "connected")).toEqual([]);
  });

  it("without subscriptions asks now and then, so that a hub that is gone is noticed", async () => {
    await open();
    const before = connection.lastFrameAt;
    await vi.advanceTimersByTimeAsync(ASK_MS);
    http.newest.json({ user: "anna" });
    await settle();
    expect(connection.lastFrameAt).toBe(before + ASK_MS);
    await vi.advanceTimersByTimeAsync(ASK_MS);
    http.newest.reject(new TypeError("unreachable"));
    await settle();
    expect(connection.state).toBe("disconnected");
  });

  it("passes over an answer that comes after the end", async () => {
    await open();
    await vi.advanceTimersByTimeAsync(ASK_MS);
    connection.close();
    const { lastFrameAt } = connection;
    http.newest.json({ user: "anna" });
    await vi.advanceTimersByTimeAsync(1);
    expect(connection.lastFrameAt).toBe(lastFrameAt);
  });
});

describe("a stream", () => {
  it("carries every golden frame of the hub as a WebSocket would", async () => {
    await open();
    const socket = openEventStream("ws://hub.test/ws", [], http.fetch);
    const said: unknown[] = [];
    socket.addEventListener("message", ({ data }: { data: string }) => said.push(JSON.parse(data)));
    http.newest.json({ user: "anna" });
    await settle();
    socket.send(JSON.stringify({ type: "subscribe", id: 2, filters: ["#"], snapshot: true }));
    const stream = http.newest;
    stream.begin();
    const frames = golden.flatMap(({ direction, frame }) =>
      direction === "server" && frame !== undefined && frame.type !== "reply" ? [frame as { type: string }] : [],
    );
    for (const frame of frames) stream.block(frame);
    await settle();
    expect(frames.length).toBeGreaterThan(5);
    expect(said).toEqual(frames);
    socket.close();
  });

  it("begins with all filters, and its snapshot where one is asked for", async () => {
    await open();
    const telemetry = read(["telemetry/+", "chat/+"], { snapshot: true });
    await settle();
    expect(http.newest.url.pathname).toBe("/events");
    expect(http.newest.query).toEqual([
      ["filter", "telemetry/+"],
      ["filter", "chat/+"],
      ["snapshot", "1"],
    ]);
    http.newest.begin();
    http.newest.text("retry: 1000\n:\n\n");
    reply(http.newest, { position: "a-1" });
    events(http.newest, "a-1", ["chat/ops"], true);
    events(http.newest, "a-2", ["telemetry/kitchen"]);
    await settle();
    expect(telemetry.take()).toEqual(["snapshot: chat/ops", "live: telemetry/kitchen"]);
    expect(connection.position).toBe("a-2");
  });

  it("goes on for those that are there while others begin, in the same stream", async () => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    const first = http.newest;
    events(first, "a-2", ["chat/ops"]);
    await settle();
    const telemetry = read(["telemetry/+"], { snapshot: true });
    expect(first.aborted).toBe(true);
    const second = http.newest;
    expect(second.query).toEqual([
      ["filter", "chat/+"],
      ["begin", "telemetry/+"],
      ["since", "a-2"],
      ["snapshot", "1"],
    ]);
    second.begin();
    reply(second, { position: "a-4", recovered: true });
    events(second, "a-4", ["chat/ops"]);
    reply(second, { position: "a-4" });
    events(second, "a-4", ["telemetry/kitchen"], true);
    events(second, "a-5", ["telemetry/kitchen", "chat/ops"]);
    await settle();
    expect(chat.take()).toEqual(["live: chat/ops", "live: chat/ops", "live: chat/ops"]);
    expect(telemetry.take()).toEqual(["snapshot: telemetry/kitchen", "live: telemetry/kitchen"]);
    expect(log.filter(({ type }) => type !== "state")).toEqual([]);
  });

  it("is not cut before all has come that was due", async () => {
    await open();
    read(["a/#"], { snapshot: true });
    read(["b/#"], { snapshot: true });
    read(["c/#"]);
    await settle();
    const first = http.newest;
    first.begin();
    reply(first, { position: "a-3" });
    events(first, "none-0", ["a/1"], true);
    first.block({ type: "events", position: "none-0", ...{ events: [], snapshot: true } }, { id: null });
    await settle();
    expect(http.newest).toBe(first);
    events(first, "a-3", ["a/2"], true);
    await settle();
    const second = http.newest;
    expect(second.query.slice(0, 3)).toEqual([
      ["filter", "a/#"],
      ["begin", "b/#"],
      ["since", "a-3"],
    ]);
    second.begin();
    reply(second, { position: "a-4", recovered: true });
    reply(second, { position: "a-4" });
    await settle();
    expect(http.newest).toBe(second);
    second.block({ type: "heartbeat", position: "a-4", ...{ lag_ms: 0 } });
    await settle();
    expect(http.newest.query).toEqual([
      ["filter", "a/#"],
      ["filter", "b/#"],
      ["begin", "c/#"],
      ["since", "a-4"],
    ]);
  });

  it("that only follows goes on from the position of its begin", async () => {
    await open();
    read(["a/#"]);
    await settle();
    http.newest.begin();
    reply(http.newest, { position: "a-7" });
    await settle();
    read(["b/#"]);
    expect(http.newest.query).toContainEqual(["since", "a-7"]);
    http.newest.begin();
    reply(http.newest, { position: "a-8", recovered: true });
    reply(http.newest);
    events(http.newest, "a-8", ["a/1"]);
    await settle();
    expect(connection.position).toBe("a-8");
  });

  it("says a gap to those whose filters could not go on, and their snapshot follows", async () => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    const telemetry = read(["telemetry/+"], { snapshot: true });
    const stream = http.newest;
    stream.begin();
    reply(stream, { position: "b-4", recovered: false });
    events(stream, "b-4", ["chat/ops"], true);
    reply(stream, { position: "b-4" });
    events(stream, "b-4", ["telemetry/kitchen"], true);
    await settle();
    expect(chat.take()).toEqual(["gap", "snapshot: chat/ops"]);
    expect(telemetry.take()).toEqual(["gap", "snapshot: ", "snapshot: telemetry/kitchen"]);
    expect(log.filter(({ type }) => type === "gap")).toHaveLength(1);
  });

  it("goes on without filters that nobody wants any more, and ends with the last", async () => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    const telemetry = read(["telemetry/+"], { snapshot: true });
    const stream = http.newest;
    telemetry.subscription.close();
    expect(http.newest).toBe(stream);
    stream.begin();
    reply(stream, { position: "a-2", recovered: true });
    events(stream, "a-2", []);
    reply(stream, { position: "a-2" });
    events(stream, "a-2", [], true);
    await settle();
    const third = http.newest;
    expect(third.query).toEqual([
      ["filter", "chat/+"],
      ["since", "a-2"],
    ]);
    third.begin();
    reply(third, { position: "a-2", recovered: true });
    events(third, "a-2", []);
    await settle();
    const asked = http.requests.length;
    chat.subscription.close();
    expect(third.aborted).toBe(true);
    expect(http.requests).toHaveLength(asked);
    await vi.advanceTimersByTimeAsync(ASK_MS);
    expect(http.newest.url.pathname).toBe("/api/me");
    expect(log.filter(({ type }) => type === "error")).toEqual([]);
  });

  it("drops what else it brought where a listener asked for other filters", async () => {
    await open();
    const first = read(["a/#"], { snapshot: true });
    let asked = false;
    const trigger = connection.subscribe(["t/#"], {
      events: () => {
        if (!asked) read(["b/#"], { snapshot: true });
        asked = true;
      },
    });
    await settle();
    http.newest.begin();
    reply(http.newest, { position: "a-1" });
    events(http.newest, "a-1", [], true);
    await settle();
    http.newest.begin();
    reply(http.newest, { position: "a-1", recovered: true });
    events(http.newest, "a-1", []);
    reply(http.newest, { position: "a-1" });
    await settle();
    const stream = http.newest;
    stream.text(
      ["a-2", "a-3"]
        .map((position) => {
          const list = ["t/1", "a/1"].map((topic) => ({ topic, time: 1, data: {} }));
          return `event: events\nid: ${position}\ndata: ${JSON.stringify({ type: "events", position, events: list })}\n\n`;
        })
        .join(""),
    );
    await settle();
    expect(first.take()).toEqual(["snapshot: ", "live: a/1"]);
    expect(http.newest.query).toContainEqual(["since", "a-2"]);
    expect(stream.aborted).toBe(true);
    trigger.close();
  });
});

describe("the end of a stream", () => {
  it.each([
    ["a network that breaks", (stream: FakeRequest) => stream.break()],
    ["a hub that goes", (stream: FakeRequest) => stream.end()],
    ["a proxy that answers", (stream: FakeRequest) => stream.resolve(new Response(null, { status: 204 }))],
    ["nobody who answers", (stream: FakeRequest) => stream.reject(new TypeError("unreachable"))],
  ])("by %s is a lost link, and the next stream goes on from the position", async (_name, end) => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    if (_name.includes("answer")) read(["b/#"]);
    end(http.newest);
    await settle();
    expect(states().at(-1)).toMatchObject({ state: "disconnected", code: 1006, final: false });
    await vi.advanceTimersByTimeAsync(500);
    http.newest.json({ user: "anna" });
    await settle();
    expect(http.newest.query).toEqual([
      ["filter", "chat/+"],
      ["since", "a-1"],
    ]);
    http.newest.begin();
    reply(http.newest, { position: "a-3", recovered: true });
    events(http.newest, "a-3", ["chat/ops"]);
    await settle();
    expect(chat.take()).toEqual(["live: chat/ops"]);
    expect(log.filter(({ type }) => type === "recovery")).toMatchObject([{ detail: { recovered: true, from: "a-1" } }]);
  });

  it("by the hub is told with its code", async () => {
    await open();
    await loaded(["chat/+"], "a-1");
    http.newest.block({
      type: "close",
      ...{ code: 3001, name: "shutdown", message: "The hub is stopping.", reconnect: true },
    });
    await settle();
    expect(states().at(-1)).toMatchObject({ code: 3001, reason: "The hub is stopping.", final: false });
  });

  it("by the page is the end, whatever is on the way", async () => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    events(http.newest, "a-2", ["chat/ops"]);
    connection.close();
    expect(http.newest.aborted).toBe(true);
    await settle();
    expect(chat.take()).toEqual([]);
    expect(states().at(-1)).toMatchObject({ state: "disconnected", final: true });
  });
});

describe("a refused stream", () => {
  it("refuses the subscription, and those that were there go on", async () => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    const wrong = read(["system/#"], { snapshot: true });
    http.newest.refuse(403, 103, "permission_denied");
    await settle();
    expect(wrong.subscription.state).toBe("unsubscribed");
    expect(log.filter(({ type }) => type === "error")).toMatchObject([{ detail: { name: "permission_denied" } }]);
    expect(http.newest.query).toEqual([
      ["filter", "chat/+"],
      ["since", "a-1"],
    ]);
    http.newest.begin();
    reply(http.newest, { position: "a-2", recovered: true });
    events(http.newest, "a-2", ["chat/ops"]);
    await settle();
    expect(chat.take()).toEqual(["live: chat/ops"]);
  });

  it("of the only subscription leaves the link, and what is asked next is done", async () => {
    await open();
    const wrong = read(["system/#"]);
    const right = read(["chat/+"]);
    http.newest.refuse(403, 103, "permission_denied");
    await settle();
    expect([wrong.subscription.state, connection.state]).toEqual(["unsubscribed", "connected"]);
    expect(http.newest.query).toEqual([["filter", "chat/+"]]);
    http.newest.begin();
    reply(http.newest, { position: "a-2" });
    await settle();
    expect(right.subscription.state).toBe("subscribed");
  });

  it("whose position the hub does not know begins with a snapshot", async () => {
    await open();
    const chat = await loaded(["chat/+"], "a-1");
    http.newest.break();
    await vi.advanceTimersByTimeAsync(500);
    http.newest.json({ user: "anna" });
    await settle();
    http.newest.refuse(400, 123, "invalid_position");
    await settle();
    expect(http.newest.query).toEqual([
      ["filter", "chat/+"],
      ["snapshot", "1"],
    ]);
    expect(log.filter(({ type }) => type === "recovery")).toMatchObject([{ detail: { recovered: false } }]);
    chat.take();
  });

  it.each([
    ["whoever asks", 401, "token_expired", 3005],
    ["any question", 429, "too_many_requests", 3013],
    ["for now", 503, "not_available", 1006],
  ])("because the hub refuses %s ends the link", async (_name, status, name, code) => {
    await open();
    await loaded(["chat/+"], "a-1");
    read(["telemetry/+"]);
    http.newest.refuse(status, 108, name);
    await settle();
    expect(states().at(-1)).toMatchObject({ state: "disconnected", code });
  });

  it("that was only made anew ends the link", async () => {
    await open();
    await loaded(["chat/+"], "a-1");
    const other = await (async () => {
      const reader = read(["telemetry/+"]);
      http.newest.begin();
      reply(http.newest, { position: "a-1", recovered: true });
      events(http.newest, "a-1", []);
      reply(http.newest, { position: "a-1" });
      await settle();
      return reader;
    })();
    other.subscription.close();
    http.newest.refuse(400, 107, "bad_request");
    await settle();
    expect(states().at(-1)).toMatchObject({ state: "disconnected", code: 1006, final: false });
  });

  it("whose answer comes too late is passed over", async () => {
    await open();
    await loaded(["chat/+"], "a-1");
    read(["telemetry/+"]);
    http.newest.begin(403);
    await settle();
    connection.close();
    await settle();
    expect(states().at(-1)).toMatchObject({ reason: "closed" });
  });
});

describe("publish", () => {
  it("is a request, and gives the position", async () => {
    await open();
    const published = connection.publish("chat/ops", { text: "hello" });
    const { url, init } = http.newest;
    expect([init.method, url.pathname, JSON.parse(String(init.body))]).toEqual([
      "POST",
      "/api/events",
      { topic: "chat/ops", data: { text: "hello" } },
    ]);
    http.newest.json({ position: "a-9" });
    await expect(published).resolves.toEqual({ position: "a-9" });
  });

  it("rejects with the hub's refusal, and the link goes on", async () => {
    await open();
    const published = expect(connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "invalid_data" });
    http.newest.refuse(400, 124, "invalid_data");
    await published;
    expect(connection.state).toBe("connected");
  });

  it.each([
    ["breaks", () => http.newest.reject(new TypeError("cut"))],
    ["gives the answer of something else", () => http.newest.resolve(new Response("<html>", { status: 502 }))],
  ])("has an unknown outcome where the network %s", async (_name, answer) => {
    await open();
    const published = expect(connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "unknown" });
    answer();
    await published;
    expect(connection.state).toBe("disconnected");
  });
});
