import { type Signal, signal } from "@preact/signals";
import { type Connection, edit, type HubEvent, markRead, remove, toLevel } from "../../client/index.ts";
import type { PaintClock } from "../../paint/clock.ts";
import { type ChatMessage, Rooms, TYPING_MS, Typing, TypingPace } from "../../state/index.ts";
import { roomTopic } from "./limits.ts";
import { loadMessages, loadRooms } from "./rooms_api.ts";

const PAGE = 100;
/** More than this is not worth waiting for when a room is opened or a message is looked for. */
const MAX_PAGES = 8;
const LONG_PAGE = 1_000;

interface Parts {
  connection: Connection;
  clock: PaintClock;
  /** Is told how many events have come. */
  received: (count: number) => void;
}

/** Joins the rooms with the hub and the screen: what comes is applied, what is read and typed is told. */
export class Chat {
  rooms = new Rooms("", "$read//");
  /** Counts changes of rooms and messages. */
  readonly changed: Signal<number> = signal(0);
  readonly unread: Signal<number> = signal(0);
  /** Rooms, markers and counts have come: what is not there does not exist. */
  readonly loaded: Signal<boolean> = signal(false);
  /** Counts changes of who is typing. */
  readonly typed: Signal<number> = signal(0);
  readonly #typing = new Typing();
  readonly #pace = new TypingPace();
  readonly #parts: Parts;
  /** Markers by level that the hub has not taken yet. */
  readonly #marks = new Map<string, string>();
  readonly #paging = new Set<string>();
  #user = "";
  readonly #paint = () => {
    this.changed.value++;
    this.unread.value = this.rooms.unread;
  };

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Called with each message of this user, whichever of their browsers it is from. */
  onOwnMessage: (room: string, text: string, time: number) => void = () => undefined;

  start(user: string): void {
    this.#user = user;
    const readRoot = `$read/${toLevel(user)}/`;
    this.rooms = new Rooms(user, readRoot);
    const { connection } = this.#parts;
    connection.addEventListener("recovery", ({ detail }) => detail.recovered || this.rooms.miss());
    connection.addEventListener("gap", () => this.rooms.miss());
    connection.addEventListener("state", ({ detail }) => detail.state === "connected" && this.#sendMarks());
    connection.addEventListener("typing", ({ detail }) => this.#sawTyping(detail.topic, detail.user));
    connection.subscribe(
      ["chat/+", "room/+", `${readRoot}+`],
      { events: (events, { snapshot }) => this.#take(events, snapshot) },
      { snapshot: true },
    );
  }

  /** Is in a room, seen by others there, and keeps what is read of it, until the returned function is called. */
  enter(id: string): () => void {
    const subscription = this.#parts.connection.subscribe([roomTopic(id)], { events: () => undefined });
    this.rooms.room(id)?.talk.hold();
    return () => {
      subscription.close();
      this.rooms.room(id)?.talk.release();
    };
  }

  /** Loads the messages before those that are here; rejects with ApiError. */
  async older(id: string, limit = PAGE): Promise<void> {
    const room = this.rooms.room(id);
    if (room === undefined || room.talk.complete || this.#paging.has(id)) return;
    this.#paging.add(id);
    const before = room.talk.first?.id;
    try {
      const { messages, next } = await loadMessages(room.level, { before, limit });
      // What was let go meanwhile would leave a hole behind the page.
      if (room.talk.first?.id === before) this.rooms.prepend(id, messages, { complete: next === null });
    } finally {
      this.#paging.delete(id);
      this.#soon();
    }
  }

  /** Loads so far back that a message is here, and says whether it is; rejects with ApiError. */
  async reach(id: string, message: string): Promise<boolean> {
    const talk = this.rooms.room(id)?.talk;
    if (talk === undefined) return false;
    talk.hold();
    for (let page = 0; page < MAX_PAGES && (talk.first?.id ?? "~") > message && !talk.complete; page++) {
      await this.older(id, LONG_PAGE);
    }
    return talk.get(message) !== undefined;
  }

  /** Loads so far back that the first unread message is here; rejects with ApiError. */
  async reachUnread(id: string): Promise<void> {
    const room = this.rooms.room(id);
    for (let page = 0; page < MAX_PAGES && room !== undefined && room.before.messages > 0; page++) {
      await this.older(id, LONG_PAGE);
    }
  }

  /** Marks a room read up to a message, all of it without one; the hub is told, at the latest when the link is back. */
  markRead(id: string, message?: string): void {
    const read = this.rooms.markRead(id, message);
    const level = this.rooms.room(id)?.level;
    if (read === null || level === undefined) return;
    this.#marks.set(level, read);
    this.#sendMarks();
    this.#soon();
  }

  /** Puts another text in the place of an own message; rejects with HubError. */
  edit = ({ room, message, text }: { room: string; message: string; text: string }) =>
    edit(this.#parts.connection, toLevel(room), message, text);

  /** Deletes a message; rejects with HubError. */
  delete = (room: string, { id }: ChatMessage) => remove(this.#parts.connection, toLevel(room), id);

  /** Tells those in a room that one types there, paced. */
  type(id: string): void {
    if (!this.rooms.room(id) || !this.#pace.due(performance.now())) return;
    // Who is typing is worth no error.
    this.#parts.connection.typing(roomTopic(id)).catch(() => undefined);
  }

  /** Others who type in a room now. */
  typists(id: string): string[] {
    return this.#typing.users(roomTopic(id), performance.now());
  }

  #sawTyping(topic: string, user: string): void {
    this.#typing.seen(topic, user, performance.now());
    this.typed.value++;
    setTimeout(() => {
      this.typed.value++;
    }, TYPING_MS + 1);
  }

  #take(events: readonly HubEvent[], snapshot: boolean): void {
    this.#parts.received(events.length);
    if (this.rooms.apply(events, { snapshot }).length > 0) this.#soon();
    for (const { topic, time, data } of events) this.#took(topic, time, data);
    if (snapshot) void this.#load();
  }

  #took(topic: string, time: number, { author, text }: HubEvent["data"]): void {
    if (typeof author !== "string") return;
    if (this.#typing.done(topic, author)) this.typed.value++;
    if (author === this.#user) this.onOwnMessage(topic, String(text), time);
  }

  async #load(): Promise<void> {
    try {
      this.rooms.load(await loadRooms());
    } catch {
      // Without the hub's counts those of the messages that are here do.
    }
    this.loaded.value = true;
    this.#soon();
  }

  #sendMarks(): void {
    const { connection } = this.#parts;
    if (connection.state !== "connected") return;
    for (const [level, id] of this.#marks) {
      markRead(connection, this.#user, level, id).then(
        () => this.#marks.get(level) === id && this.#marks.delete(level),
        // It goes again with the next one, or when the link is back.
        () => undefined,
      );
    }
  }

  #soon(): void {
    this.#parts.clock.soon(this.#paint);
  }
}
