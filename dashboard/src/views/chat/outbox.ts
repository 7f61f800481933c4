import { type Signal, signal } from "@preact/signals";
import type { Moment } from "../../state/index.ts";
import { readStored, writeStored } from "../app/preferences.ts";

export type UnsentState = "sending" | "waiting" | "failed" | "unknown";

/** What is said in a room, in the words of the protocol. */
export interface Said {
  text: string;
  /** Id of the message that it answers. */
  reply_to?: string;
  moment?: Moment;
}

/** A message of this person that is not on the log yet, as far as this browser knows. */
export interface Unsent extends Said {
  id: number;
  room: string;
  /** ms since the epoch. */
  written: number;
  state: UnsentState;
  /** Name of the error that refused it. */
  reason?: string;
}

/** Puts a message on the log; rejects with an error whose name is the code's. */
export type Send = (room: string, said: Readonly<Record<string, unknown>>) => Promise<unknown>;

const MAX_UNSENT = 50;
const SEND_BY_ITSELF_MS = 60_000;

interface Stored {
  items: Unsent[];
}

/**
 * Messages on their way: kept until the hub has them, over reloads too. One that could not be sent goes by itself when
 * the link is back within 60 s; after that it waits for a click, as the talk may have moved on.
 */
export class Outbox {
  readonly items: Signal<readonly Unsent[]> = signal([]);
  readonly #send: Send;
  #storageKey: string | null = null;
  #nextId = 1;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Takes up what a user had not sent when this browser was left. */
  open(user: string): void {
    if (this.#storageKey !== null) return;
    this.#storageKey = `hub.unsent.${user}`;
    const { items = [] } = readStored<Stored>(this.#storageKey);
    // What was being sent when the page went away may have arrived.
    const kept = items.map((item): Unsent => (item.state === "sending" ? { ...item, state: "unknown" } : item));
    this.items.value = kept;
    this.#nextId = Math.max(0, ...kept.map(({ id }) => id)) + 1;
  }

  /** The messages of a room that are not sent, oldest first. */
  of(room: string): Unsent[] {
    return this.items.value.filter((item) => item.room === room);
  }

  /** Sends a message, or keeps it until there is a link. */
  async write(room: string, said: Said, now: number): Promise<void> {
    const item: Unsent = { ...said, id: this.#nextId++, room, written: now, state: "sending" };
    this.#set([...this.items.peek(), item].slice(-MAX_UNSENT));
    await this.#try(item);
  }

  /** Sends a message again. */
  async retry(id: number): Promise<void> {
    const item = this.items.peek().find((one) => one.id === id);
    if (item !== undefined && item.state !== "sending") await this.#try(item);
  }

  delete(id: number): void {
    this.#set(this.items.peek().filter((item) => item.id !== id));
  }

  /** The link is back: sends what has waited for it, one after the other, so that their order stays. */
  async linked(now: number): Promise<void> {
    for (const item of this.items.peek()) {
      if (item.state !== "waiting") continue;
      if (now - item.written <= SEND_BY_ITSELF_MS) await this.#try(item);
      else this.#update(item.id, { state: "failed", reason: "not_connected" });
    }
  }

  /** A message of this person has come from the hub: one whose outcome was unknown is known now. */
  arrived(room: string, text: string, time: number): void {
    const item = this.items
      .peek()
      .find(
        (one) =>
          one.state === "unknown" && one.room === room && one.text === text && time >= one.written - SEND_BY_ITSELF_MS,
      );
    if (item !== undefined) this.delete(item.id);
  }

  async #try(item: Unsent): Promise<void> {
    this.#update(item.id, { state: "sending" });
    try {
      await this.#send(item.room, saidIn(item));
      this.delete(item.id);
    } catch (error) {
      const name = error instanceof Error ? error.name : "unknown";
      if (name === "not_connected") this.#update(item.id, { state: "waiting" });
      else this.#update(item.id, name === "unknown" ? { state: "unknown" } : { state: "failed", reason: name });
    }
  }

  #update(id: number, change: Pick<Unsent, "state" | "reason">): void {
    this.#set(
      this.items.peek().map((item) => {
        if (item.id !== id) return item;
        const { reason: _, ...rest } = item;
        return { ...rest, ...change };
      }),
    );
  }

  #set(items: readonly Unsent[]): void {
    this.items.value = items;
    if (this.#storageKey !== null) writeStored(this.#storageKey, { items });
  }
}

function saidIn({ text, reply_to, moment }: Unsent): Readonly<Record<string, unknown>> {
  return { text, ...(reply_to === undefined ? {} : { reply_to }), ...(moment === undefined ? {} : { moment }) };
}
