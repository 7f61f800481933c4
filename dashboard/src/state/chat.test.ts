import { describe, expect, it } from "vitest";
import type { HubEvent } from "../client/index.ts";
import { MAX_MESSAGES, type Room, Rooms } from "./chat.ts";

function said(room: string, time: number, text: string, author = "ivan"): HubEvent {
  return { topic: `chat/${room}`, time, data: { text, author } };
}

const live = (rooms: Rooms, ...events: HubEvent[]) => rooms.apply(events, { snapshot: false });
const load = (rooms: Rooms, ...events: HubEvent[]) => rooms.apply(events, { snapshot: true });
const texts = (room: Room | undefined) => room?.messages.map(({ text }) => text);
const keys = (room: Room | undefined) => room?.messages.map(({ key }) => key) ?? [];

describe("messages", () => {
  it("stand in the order of the log, whatever their times", () => {
    const rooms = new Rooms("anna", {});
    expect(live(rooms, said("ops", 20, "a"), said("night", 1, "x"), said("ops", 10, "b"))).toEqual(["ops", "night"]);
    live(rooms, said("ops", 15, "c"));
    expect(texts(rooms.room("ops"))).toEqual(["a", "b", "c"]);
    expect(rooms.room("ops")?.messages[0]).toMatchObject({ author: "ivan", text: "a", time: 20, afterGap: false });
    expect(rooms.room("ops")?.topic).toBe("chat/ops");
    expect(rooms.room("cellar")).toBeUndefined();
  });

  it("are each there once, also when a snapshot has them again", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, said("ops", 1, "a"), said("ops", 2, "b"));
    load(rooms, said("ops", 2, "b"), said("ops", 3, "c"));
    live(rooms, said("ops", 3, "c"), said("ops", 3, "c", "olga"), said("ops", 4, "c"));
    expect(texts(rooms.room("ops"))).toEqual(["a", "b", "c", "c", "c"]);
    expect(new Set(keys(rooms.room("ops"))).size).toBe(5);
  });

  it("have a key that stays", () => {
    const [first, second] = [new Rooms("anna", {}), new Rooms("olga", {})];
    live(first, said("ops", 1, "a"));
    load(second, said("ops", 0, "before"), said("ops", 1, "a"));
    expect(keys(second.room("ops"))).toContain(keys(first.room("ops"))[0]);
  });

  it("are marked where a snapshot does not join what was there", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, said("ops", 1, "a"));
    load(rooms, said("ops", 8, "h"), said("ops", 9, "i"));
    expect(rooms.room("ops")?.messages.map(({ afterGap }) => afterGap)).toEqual([false, true, false]);
  });

  it("are kept up to a number", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, ...Array.from({ length: MAX_MESSAGES + 3 }, (_, i) => said("ops", i, `${i}`)));
    expect(rooms.room("ops")?.messages).toHaveLength(MAX_MESSAGES);
    expect(texts(rooms.room("ops"))?.[0]).toBe("3");
  });

  it.each([
    { topic: "chat/ops", time: 1, data: { author: "ivan" } },
    { topic: "chat/ops", time: 1, data: { text: "a" } },
    { topic: "chat/ops/thread", time: 1, data: { text: "a", author: "ivan" } },
    { topic: "chat/", time: 1, data: { text: "a", author: "ivan" } },
    { topic: "telemetry/ops", time: 1, data: { text: "a", author: "ivan" } },
  ])("are not made of %j", (event) => {
    const rooms = new Rooms("anna", {});
    expect(live(rooms, event)).toEqual([]);
    expect(rooms.rooms()).toEqual([]);
  });

  it("are another array after each change", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, said("ops", 1, "a"));
    const before = rooms.room("ops")?.messages;
    live(rooms, said("ops", 2, "b"));
    expect(rooms.room("ops")?.messages).not.toBe(before);
  });
});

describe("rooms", () => {
  it("stand with the newest message first, and have decoded names", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, said("ops", 5, "a"), said("%D1%86%D0%B5%D1%85%202", 9, "b"), said("night", 7, "c"));
    expect(rooms.rooms().map(({ id }) => id)).toEqual(["цех 2", "night", "ops"]);
  });
});

describe("unread", () => {
  it("counts messages of others after the mark", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, said("ops", 1, "a"), said("ops", 2, "mine", "anna"), said("ops", 3, "b"), said("night", 4, "c"));
    const [first, , third] = keys(rooms.room("ops"));
    expect(rooms.room("ops")).toMatchObject({ unread: 2, firstUnread: first });
    expect(rooms.unread).toBe(3);
    expect(rooms.markRead("ops", first)).toBe(true);
    expect(rooms.room("ops")).toMatchObject({ unread: 1, firstUnread: third });
    expect(rooms.markRead("ops")).toBe(true);
    expect(rooms.room("ops")).toMatchObject({ unread: 0, firstUnread: null });
    expect(rooms.unread).toBe(1);
  });

  it("never goes backwards, and not by what is not there", () => {
    const rooms = new Rooms("anna", {});
    live(rooms, said("ops", 1, "a"), said("ops", 2, "b"));
    const [first] = keys(rooms.room("ops"));
    rooms.markRead("ops");
    expect(rooms.markRead("ops")).toBe(false);
    expect(rooms.markRead("ops", first)).toBe(false);
    expect(rooms.markRead("ops", "nothing")).toBe(false);
    expect(rooms.markRead("cellar")).toBe(false);
    expect(rooms.unread).toBe(0);
  });

  it("goes on from kept marks, by time where the marked message is no longer there", () => {
    const before = new Rooms("anna", {});
    live(before, said("ops", 1, "a"), said("ops", 2, "b"));
    before.markRead("ops");
    const marks = before.marks();
    expect(marks).toEqual({ ops: { key: keys(before.room("ops"))[1], time: 2 } });
    const after = new Rooms("anna", JSON.parse(JSON.stringify(marks)));
    load(after, said("ops", 2, "b"), said("ops", 2, "b2"), said("ops", 3, "c"));
    expect(after.room("ops")?.unread).toBe(2);
    const trimmed = new Rooms("anna", marks);
    load(trimmed, said("ops", 2, "other"), said("ops", 3, "c"), said("ops", 4, "d"));
    expect(trimmed.room("ops")?.unread).toBe(2);
    const older = new Rooms("anna", marks);
    load(older, said("ops", 1, "other"));
    expect(older.room("ops")?.unread).toBe(0);
  });

  it("is nothing for what was there on the first visit, and counts from then on", () => {
    const rooms = new Rooms("anna", null);
    load(rooms, said("ops", 1, "a"), said("ops", 2, "b"));
    expect(rooms.unread).toBe(0);
    load(rooms, said("ops", 2, "b"), said("ops", 3, "c"));
    live(rooms, said("ops", 4, "d"), said("night", 5, "new room"));
    expect(rooms.room("ops")?.unread).toBe(2);
    expect(rooms.room("night")?.unread).toBe(1);
  });
});
