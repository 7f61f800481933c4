import { describe, expect, it } from "vitest";
import type { HubEvent } from "../client/index.ts";
import { type Room, type RoomEntry, Rooms } from "./chat.ts";
import { MAX_UNREAD } from "./room_unread.ts";

const id = (n: number) => n.toString(36).padStart(13, "0");

function said(room: string, n: number, author = "ivan", mentions: string[] = []): HubEvent {
  return { topic: `chat/${room}`, time: n, data: { text: `${n}`, author, id: id(n), mentions } };
}

function facts(room: string, version: number, more: Record<string, unknown> = {}): HubEvent {
  const plain = { title: "", topic: "", private: room.startsWith("~"), members: [], created_by: "ivan", created: 1 };
  return { topic: `room/${room}`, time: 1, data: { version, ...plain, archived: false, ...more } };
}

const marker = (room: string, n: number): HubEvent => ({
  topic: `$read/anna/${room}`,
  time: 1,
  data: { id: id(n) },
});

const entry = (room: string, more: Partial<RoomEntry> = {}): RoomEntry => ({
  ...facts(room, 0).data,
  room,
  unread: 0,
  mentions: 0,
  read: null,
  last_message: null,
  ...more,
});

const page = (...numbers: number[]) =>
  numbers.map((n) => ({ id: id(n), time: n, author: "ivan", text: `${n}`, mentions: n % 2 ? ["anna"] : [] }));

const anna = () => new Rooms("anna", "$read/anna/");
const live = (rooms: Rooms, ...events: HubEvent[]) => rooms.apply(events, { snapshot: false });
const load = (rooms: Rooms, ...events: HubEvent[]) => rooms.apply(events, { snapshot: true });
const texts = (room: Room | undefined) => room?.talk.messages.map(({ text }) => text);
const counts = (rooms: Rooms, room = "ops") => {
  const found = rooms.room(room);
  return [found?.unread, found?.mentions];
};

describe("rooms", () => {
  it("come to be with a message or an event of theirs, and say which changed", () => {
    const rooms = anna();
    expect(live(rooms, said("ops", 1), said("ops", 2), facts("night", 1, { title: "Night" }))).toEqual([
      "ops",
      "night",
    ]);
    expect(live(rooms, said("ops", 2))).toEqual(["ops"]);
    expect(texts(rooms.room("ops"))).toEqual(["1", "2"]);
    expect(rooms.room("ops")).toMatchObject({ level: "ops", facts: { version: 0 } });
    expect(rooms.room("night")?.facts.title).toBe("Night");
  });

  it("stand with the newest message first, archived ones last, and have decoded names", () => {
    const rooms = anna();
    live(rooms, said("old", 90), facts("old", 1, { archived: true }), facts("made", 1, { created: 8 }));
    live(rooms, said("ops", 5), said("%D1%86%D0%B5%D1%85%202", 9), said("night", 7));
    expect(rooms.rooms().map((room) => room.id)).toEqual(["цех 2", "made", "night", "ops", "old"]);
  });

  it("are what their newest event says", () => {
    const rooms = anna();
    live(rooms, facts("ops", 2, { topic: "new" }));
    expect(live(rooms, facts("ops", 1, { topic: "old" }), { topic: "room/ops", time: 1, data: {} })).toEqual([]);
    expect(rooms.room("ops")?.facts.topic).toBe("new");
  });

  it("are gone for who is no member any more", () => {
    const rooms = anna();
    live(rooms, facts("~ops", 1, { members: ["anna", "ivan"] }), said("~ops", 1));
    expect(rooms.unread).toBe(1);
    expect(live(rooms, facts("~ops", 2, { members: ["ivan"] }))).toEqual(["~ops"]);
    expect([rooms.room("~ops"), rooms.unread]).toEqual([undefined, 0]);
  });

  it.each(["chat/ops/thread", "chat/", "telemetry/ops", "$read/ivan/ops", "presence/chat/ops"])(
    "are not made of events on %s",
    (topic) => {
      const rooms = anna();
      expect(live(rooms, { topic, time: 1, data: { text: "a", author: "ivan", id: id(1) } })).toEqual([]);
      expect(rooms.rooms()).toEqual([]);
    },
  );

  it("are not made of edits alone", () => {
    const rooms = anna();
    expect(live(rooms, { topic: "chat/ops", time: 1, data: { delete: id(1), by: "ivan" } })).toEqual([]);
    expect(rooms.rooms()).toEqual([]);
  });

  it("know their people: members, or who has spoken", () => {
    const rooms = anna();
    live(rooms, said("ops", 1, "olga"), said("ops", 2, "ivan"), said("ops", 3, "olga"));
    live(rooms, facts("~ops", 1, { members: ["ivan", "anna"], created_by: "" }), said("~ops", 4, "gone"));
    expect(rooms.people("ops")).toEqual(["ivan", "olga"]);
    expect(rooms.people("~ops")).toEqual(["anna", "ivan"]);
    expect(rooms.people("cellar")).toEqual([]);
    expect(rooms.everybody()).toEqual(new Set(["anna", "ivan", "olga"]));
  });

  it("let go what a snapshot does not join to", () => {
    const rooms = anna();
    live(rooms, said("ops", 1));
    rooms.miss();
    load(rooms, said("ops", 8), said("ops", 9));
    expect(texts(rooms.room("ops"))).toEqual(["8", "9"]);
  });
});

describe("unread", () => {
  it("are messages of others behind the marker that are not deleted", () => {
    const rooms = anna();
    live(rooms, said("ops", 1), said("ops", 2, "anna"), said("ops", 3, "ivan", ["anna"]), said("night", 4));
    expect([counts(rooms), rooms.room("ops")?.firstUnread, rooms.unread]).toEqual([[2, 1], id(1), 3]);
    expect(rooms.markRead("ops", id(1))).toBe(id(1));
    expect([counts(rooms), rooms.room("ops")?.firstUnread]).toEqual([[1, 1], id(3)]);
    const deletion = { topic: "chat/ops", time: 3, received: 9, data: { delete: id(3), by: "ivan" } };
    expect([live(rooms, deletion), live(rooms, deletion)]).toEqual([["ops"], []]);
    expect([counts(rooms), rooms.room("ops")?.firstUnread]).toEqual([[0, 0], null]);
  });

  it("go down in all tabs, and never up again", () => {
    const rooms = anna();
    expect(live(rooms, marker("ops", 1))).toEqual([]);
    live(rooms, said("ops", 1), said("ops", 2), said("ops", 3));
    expect(counts(rooms)).toEqual([2, 0]);
    expect(live(rooms, marker("ops", 2))).toEqual(["ops"]);
    expect(live(rooms, marker("ops", 1), { topic: "$read/anna/ops", time: 1, data: {} })).toEqual([]);
    expect(counts(rooms)).toEqual([1, 0]);
    expect(rooms.markRead("ops")).toBe(id(3));
    expect([rooms.markRead("ops"), rooms.markRead("ops", id(1)), rooms.markRead("cellar")]).toEqual([null, null, null]);
    live(rooms, facts("empty", 1));
    expect(rooms.markRead("empty")).toBeNull();
  });

  it("are counted further back than what is here, until it is", () => {
    const rooms = anna();
    load(rooms, said("ops", 10), said("ops", 11, "ivan", ["anna"]));
    rooms.load([entry("ops", { unread: 6, mentions: 3, read: id(1), last_message: page(10)[0] ?? null })]);
    // One more than the hub had counted.
    expect(counts(rooms)).toEqual([7, 4]);
    rooms.prepend("ops", page(7, 8, 9, 10), { complete: false });
    expect([counts(rooms), texts(rooms.room("ops"))]).toEqual([
      [7, 4],
      ["7", "8", "9", "10", "11"],
    ]);
    rooms.prepend("ops", page(1, 2), { complete: false });
    expect(counts(rooms)).toEqual([6, 3]);
    rooms.prepend("cellar", page(1), { complete: true });
    expect(rooms.room("cellar")).toBeUndefined();
  });

  it("are those of the hub where nothing is here, and no more than it counts", () => {
    const rooms = anna();
    rooms.load([entry("ops", { unread: MAX_UNREAD, mentions: 1 }), entry("night")]);
    expect([counts(rooms), counts(rooms, "night")]).toEqual([
      [MAX_UNREAD, 1],
      [0, 0],
    ]);
    live(rooms, said("ops", 9));
    expect(counts(rooms)).toEqual([MAX_UNREAD, 1]);
    rooms.prepend("night", page(1, 2), { complete: true });
    expect(counts(rooms, "night")).toEqual([2, 1]);
  });
});
