/** Chat rooms for one user: what they are, what was said in them, and what of it is unread. */

import type { HubEvent } from "../client/index.ts";
import { type MessageEntry, messageOfEntry } from "./chat_message.ts";
import { fromLevel } from "./devices.ts";
import { factsOf, plainFacts, type RoomFacts } from "./room_facts.ts";
import { Talk } from "./room_talk.ts";
import { countUnread, NO_UNREAD, type Unread, unreadWithin } from "./room_unread.ts";

/** A room as `/api/rooms` gives it; its other members are those of its events. */
export interface RoomEntry extends Record<string, unknown> {
  room: string;
  unread: number;
  mentions: number;
  read: string | null;
  last_message: MessageEntry | null;
}

export interface Room {
  /** Its name as people read it. */
  readonly id: string;
  /** Its name in topics and in the API. */
  readonly level: string;
  facts: RoomFacts;
  readonly talk: Talk;
  /** Id of the newest message that was read; empty before the first. */
  read: string;
  /** Unread messages of others, and those of them that name the user. */
  unread: number;
  mentions: number;
  /** Id of the first of them that is here. */
  firstUnread: string | null;
  /** Unread ones before the first message that is here. */
  before: Unread;
}

type Take = (level: string, events: readonly HubEvent[], snapshot: boolean) => boolean;

/** All rooms, for one user. It is changed in place. */
export class Rooms {
  readonly #user: string;
  readonly #rooms = new Map<string, Room>();
  /** Markers by level: one may come before its room, or after the user has left it. */
  readonly #read = new Map<string, string>();
  readonly #takes: readonly (readonly [string, Take])[];

  /** `user` is a name, `readRoot` the topic that the user's read markers are under. */
  constructor(user: string, readRoot: string) {
    this.#user = user;
    this.#takes = [
      ["chat/", (level, events, snapshot) => this.#takeTalk(level, events, snapshot)],
      [
        "room/",
        (level, events) =>
          this.#takeFacts(
            level,
            events.map(({ data }) => data),
          ),
      ],
      [readRoot, (level, events) => this.#takeMarkers(level, events)],
    ];
  }

  /** Takes events and gives the ids of the rooms that changed; events of other topics are passed over. */
  apply(events: readonly HubEvent[], { snapshot }: { snapshot: boolean }): string[] {
    const changed = new Set<string>();
    for (const [topic, those] of byTopic(events)) {
      for (const [root, take] of this.#takes) {
        const level = topic.startsWith(root) ? topic.slice(root.length) : "";
        if (level === "" || level.includes("/")) continue;
        if (take(level, those, snapshot)) changed.add(fromLevel(level));
      }
    }
    return [...changed];
  }

  /** Takes what the API says of all rooms: counts reach further back than the messages that are here. */
  load(entries: readonly RoomEntry[]): void {
    for (const entry of entries) {
      this.#takeFacts(entry.room, [entry]);
      const room = this.#room(entry.room);
      this.#mark(entry.room, entry.read);
      if (entry.last_message !== null) room.talk.prepend([messageOfEntry(entry.last_message)], room.talk);
      const upTo = entry.last_message?.id ?? "";
      const here = countUnread(room.talk.messages, this.#user, { after: entry.read ?? "", upTo });
      room.before = {
        messages: Math.max(0, entry.unread - here.messages),
        mentions: Math.max(0, entry.mentions - here.mentions),
      };
      this.#count(room);
    }
  }

  /** Puts a page of older messages into a room. */
  prepend(id: string, entries: readonly MessageEntry[], { complete }: { complete: boolean }): void {
    const room = this.room(id);
    if (room === undefined) return;
    const first = room.talk.first?.id;
    const page = entries.map(messageOfEntry);
    const older = first === undefined ? [] : page.filter((message) => message.id < first);
    const found = countUnread(older, this.#user, { after: room.read });
    room.before = {
      messages: Math.max(0, room.before.messages - found.messages),
      mentions: Math.max(0, room.before.mentions - found.mentions),
    };
    room.talk.prepend(page, { complete });
    this.#count(room);
  }

  /** Events may have been missed. */
  miss(): void {
    for (const { talk } of this.#rooms.values()) talk.miss();
  }

  room(id: string): Room | undefined {
    return this.#rooms.get(id);
  }

  /** All rooms; the one with the newest message first, archived ones last. */
  rooms(): Room[] {
    const newest = ({ talk, facts }: Room) => talk.last?.time ?? facts.created;
    return [...this.#rooms.values()].sort(
      (a, b) => Number(a.facts.archived) - Number(b.facts.archived) || newest(b) - newest(a),
    );
  }

  /** Unread messages of all rooms. */
  get unread(): number {
    let sum = 0;
    for (const room of this.#rooms.values()) sum += room.unread;
    return sum;
  }

  /** Everybody who has spoken in a room, is a member of it or has made it, by name. */
  people(id: string): string[] {
    const room = this.#rooms.get(id);
    if (room === undefined) return [];
    const people = new Set([...room.facts.members, room.facts.createdBy]);
    // Of a private room only members can read what they are named in.
    if (!room.facts.private) for (const { author } of room.talk.messages) people.add(author);
    people.delete("");
    return [...people].sort((a, b) => a.localeCompare(b));
  }

  /** Everybody who is known from any room. */
  everybody(): Set<string> {
    return new Set(this.rooms().flatMap(({ id }) => this.people(id)));
  }

  /** Marks a room read up to and with a message (all: without an id) and gives the marker's new id; null: it stands there already. */
  markRead(id: string, message?: string): string | null {
    const room = this.#rooms.get(id);
    const read = message ?? room?.talk.last?.id ?? "";
    if (room === undefined || !this.#mark(room.level, read)) return null;
    this.#count(room);
    return read;
  }

  #takeTalk(level: string, events: readonly HubEvent[], snapshot: boolean): boolean {
    // What can be no message makes no room.
    if (!this.#rooms.has(fromLevel(level)) && !events.some(({ data }) => "author" in data)) return false;
    const room = this.#room(level);
    const changed = room.talk.take(events, { snapshot });
    if (changed) this.#count(room);
    return changed;
  }

  #takeFacts(level: string, told: readonly Readonly<Record<string, unknown>>[]): boolean {
    let changed = false;
    for (const facts of told.map(factsOf)) {
      const known = this.#rooms.get(fromLevel(level))?.facts.version ?? -1;
      if (facts === null || facts.version <= known) continue;
      changed = true;
      if (facts.private && !facts.members.includes(this.#user)) this.#rooms.delete(fromLevel(level));
      else this.#room(level).facts = facts;
    }
    return changed;
  }

  #takeMarkers(level: string, events: readonly HubEvent[]): boolean {
    const moved = events.filter(({ data }) => this.#mark(level, data.id)).length > 0;
    const room = this.#rooms.get(fromLevel(level));
    if (room === undefined || !moved) return false;
    this.#count(room);
    return true;
  }

  /** Moves a marker, only ever forward, and says whether it moved. */
  #mark(level: string, read: unknown): boolean {
    if (typeof read !== "string" || read <= (this.#read.get(level) ?? "")) return false;
    this.#read.set(level, read);
    const room = this.#rooms.get(fromLevel(level));
    if (room !== undefined) room.read = read;
    return true;
  }

  #room(level: string): Room {
    const id = fromLevel(level);
    let room = this.#rooms.get(id);
    if (room === undefined) {
      const counts = {
        read: this.#read.get(level) ?? "",
        unread: 0,
        mentions: 0,
        firstUnread: null,
        before: NO_UNREAD,
      };
      room = { id, level, facts: plainFacts(level), talk: new Talk(), ...counts };
      this.#rooms.set(id, room);
    }
    return room;
  }

  #count(room: Room): void {
    const { talk, read } = room;
    const { first } = talk;
    if (talk.complete || (first !== undefined && first.id <= read)) room.before = NO_UNREAD;
    Object.assign(room, unreadWithin(talk.messages, this.#user, room));
  }
}

function byTopic(events: readonly HubEvent[]): Map<string, HubEvent[]> {
  const topics = new Map<string, HubEvent[]>();
  for (const event of events) {
    const those = topics.get(event.topic);
    if (those === undefined) topics.set(event.topic, [event]);
    else those.push(event);
  }
  return topics;
}
