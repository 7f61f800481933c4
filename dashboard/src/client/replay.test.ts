import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HubError, type HubEvent, PastConnection, type Replay, type ReplayedInfo } from "./index.ts";
import { event, FakeHub, FakeSocket } from "./testing/fake_hub.ts";

let hub: FakeHub;
let played: (ReplayedInfo & { events: HubEvent[] })[];
let gaps: unknown[];
let ends: (HubError | null)[];

const settle = () => vi.advanceTimersByTimeAsync(0);
const warm = event("telemetry/a", 5, { temperature: 20 });

function replay(options = {}): Replay {
  const callbacks = {
    events: (events: HubEvent[], info: ReplayedInfo) => void played.push({ events, ...info }),
    gap: (info: unknown) => void gaps.push(info),
    end: (error: HubError | null) => void ends.push(error),
  };
  return hub.connection.replay(["telemetry/+"], 100, callbacks, options);
}

function play(id: number, position: string, options: { snapshot?: true; part?: true } = {}): void {
  hub.say({ type: "events", replay: id, position, time: 101, ...options, events: [warm] });
}

beforeEach(async () => {
  vi.useFakeTimers();
  [played, gaps, ends] = [[], [], []];
  hub = new FakeHub();
  hub.connection.connect();
  await settle();
  hub.open();
});
afterEach(() => void vi.useRealTimers());

describe("a replay", () => {
  it("gives how things were, then what came, and tells its end", () => {
    replay({ to: "a-9", speed: 10 });
    const asked = hub.reply();
    expect(asked).toEqual({
      ...{ type: "replay", id: 1, filters: ["telemetry/+"] },
      ...{ from: 100, to: "a-9", speed: 10, paused: false },
    });
    hub.say({ type: "gap", replay: 1, position: "a-1", time: 99 });
    play(1, "a-1", { snapshot: true });
    play(1, "a-2");
    hub.say({ type: "replay_end", replay: 1, position: "a-2", time: 102 });
    play(1, "a-3");
    expect(gaps).toEqual([{ position: "a-1", time: 99 }]);
    expect(played).toEqual([
      { events: [warm], snapshot: true, position: "a-1", time: 101 },
      { events: [warm], snapshot: false, position: "a-2", time: 101 },
    ]);
    expect(ends).toEqual([null]);
    expect(hub.takeLog("gap")).toEqual([]);
    expect(hub.connection.position).toBeNull();
  });

  it("is paused, wound and stopped by the id that began it", async () => {
    const one = replay();
    hub.reply();
    hub.takeSent();
    const acts = [one.pause(), one.setSpeed(2), one.seek("a-1"), one.resume(), one.stop()];
    for (const _ of acts) hub.reply();
    await Promise.all(acts);
    expect(hub.takeSent()).toEqual([
      { type: "replay", id: 2, replay: 1, action: "pause" },
      { type: "replay", id: 3, replay: 1, action: "speed", speed: 2 },
      { type: "replay", id: 4, replay: 1, action: "seek", from: "a-1" },
      { type: "replay", id: 5, replay: 1, action: "resume" },
      { type: "replay", id: 6, replay: 1, action: "stop" },
    ]);
    play(1, "a-5");
    expect(played).toEqual([]);
    expect([one.paused, one.speed, one.ended]).toEqual([false, 2, true]);
  });

  it("says what the hub refused, at its beginning and later", async () => {
    replay();
    hub.refuse(112, "unrecoverable_position");
    expect(ends).toMatchObject([{ name: "unrecoverable_position" }]);
    const other = replay();
    hub.reply();
    const paused = other.pause();
    hub.refuse(104, "not_found");
    await expect(paused).rejects.toMatchObject({ name: "not_found" });
    expect(other.paused).toBe(false);
    hub.say({
      type: "replay_end",
      replay: 2,
      position: "a-1",
      time: 5,
      error: { code: 108, name: "not_available", message: "no" },
    });
    expect(ends.at(-1)).toMatchObject({ name: "not_available" });
    await expect(other.resume()).rejects.toMatchObject({ name: "not_connected" });
  });

  it("ends where no answer comes", async () => {
    replay();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(ends).toMatchObject([{ name: "not_available" }]);
  });

  it("goes on over a reconnect where it was, and from the beginning where it had nothing whole", async () => {
    const one = replay({ paused: true });
    hub.reply();
    play(1, "none-0", { snapshot: true, part: true });
    const asked = one.pause();
    hub.hangUp(3001);
    await expect(asked).rejects.toMatchObject({ name: "unknown" });
    await vi.advanceTimersByTimeAsync(5_000);
    hub.open();
    expect(hub.takeSent()).toMatchObject([{ type: "replay", from: 100, paused: true }]);
    const { id } = hub.reply();
    play(id, "a-2", { snapshot: true });
    hub.hangUp(3001);
    await vi.advanceTimersByTimeAsync(5_000);
    hub.open();
    expect(hub.takeSent()).toMatchObject([{ type: "replay", from: "a-2", snapshot: false }]);
  });
});

describe("a connection to the past", () => {
  let socket: FakeSocket;
  let past: PastConnection;
  let moments: number[];

  beforeEach(async () => {
    moments = [];
    past = new PastConnection(
      {
        url: "ws://hub.test/ws",
        socket: (url, protocols) => {
          socket = new FakeSocket(url, protocols);
          return socket;
        },
      },
      "a-7",
      { moment: (time) => void moments.push(time), end: (error) => void ends.push(error) },
    );
  });

  const say = (frame: object) => socket.emit("message", { data: JSON.stringify(frame) });

  it("plays to all that subscribed what they asked for, and sends nothing", async () => {
    const seen: unknown[] = [];
    const take = (name: string) => ({
      events: (events: HubEvent[], { snapshot }: { snapshot: boolean }) =>
        void seen.push([name, snapshot, events.length]),
    });
    past.subscribe(["telemetry/+"], take("values"), { snapshot: true });
    past.subscribe(["chat/+"], take("chat"), { snapshot: true });
    past.connect();
    await settle();
    socket.emit("open");
    expect(socket.sent).toMatchObject([
      { type: "replay", filters: ["telemetry/+", "chat/+"], from: "a-7", paused: true },
    ]);
    const id = socket.sent[0]?.id;
    expect(past.playing?.id).toBe(id);
    const late = past.subscribe(["telemetry/a"], take("late"));
    say({ type: "events", replay: id, position: "a-7", time: 50, snapshot: true, events: [warm] });
    late.close();
    say({ type: "events", replay: id, position: "a-8", time: 60, events: [warm] });
    expect(seen).toEqual([
      ["values", true, 1],
      ["late", true, 1],
      ["chat", true, 0],
      ["values", false, 1],
    ]);
    expect(moments).toEqual([50, 60]);
    expect(past.position).toBe("a-8");
    await expect(past.publish()).rejects.toMatchObject({ name: "permission_denied" });
    await past.typing();
    const missed = vi.fn();
    past.addEventListener("gap", missed);
    say({ type: "gap", replay: id, position: "b-1", time: 61 });
    expect(missed).toHaveBeenCalledOnce();
    say({ type: "replay_end", replay: id, position: "a-8", time: 62 });
    expect(ends).toEqual([null]);
    expect(socket.sent.length).toBe(1);
  });

  it("has no position before it plays", () => {
    expect([past.position, past.playing]).toEqual([null, null]);
  });
});
