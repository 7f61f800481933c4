/** Who is on a topic, kept over joins, leaves and reconnects (docs/protocol.md, "Presence"). */

import type { Connection } from "./connection.ts";
import type { HubError } from "./errors.ts";
import type { HubEvent, PresenceList } from "./protocol.ts";
import { DISPOSE, type Subscription } from "./subscription.ts";

const PREFIX = "presence/";

/** A user's first session came to a topic, or his last one has gone. */
export interface PresenceChange {
  topic: string;
  user: string;
  joined: boolean;
  /** ms since the epoch. */
  time: number;
}

/** The join or leave that an event says; null for any other event. */
export function presenceOf({ topic, time, data: { event, user } }: HubEvent): PresenceChange | null {
  if (!topic.startsWith(PREFIX) || typeof user !== "string") return null;
  if (event !== "join" && event !== "leave") return null;
  return { topic: topic.slice(PREFIX.length), user, joined: event === "join", time };
}

export interface PresenceWatch extends Disposable {
  close(): void;
}

/**
 * Calls `changed` with who is on a topic, at first and after each change, over every reconnect; it puts nobody there.
 * A refusal is an `error` of the connection.
 */
export function watchPresence(
  connection: Connection,
  topic: string,
  changed: (present: PresenceList) => void,
  options: { signal?: AbortSignal } = {},
): PresenceWatch {
  return new Watch(connection, topic, changed, options);
}

class Watch implements PresenceWatch {
  readonly #connection: Connection;
  readonly #topic: string;
  readonly #changed: (present: PresenceList) => void;
  readonly #subscription: Subscription;
  #present: PresenceList | null = null;
  readonly #ended = new AbortController();
  /** Changes that came while the hub was asked; its answer has those on it that were sent before. */
  #since: PresenceChange[] = [];
  #question = 0;
  /** The newest question had no answer. */
  #failed = false;

  constructor(
    connection: Connection,
    topic: string,
    changed: (present: PresenceList) => void,
    options: { signal?: AbortSignal },
  ) {
    this.#connection = connection;
    this.#topic = topic;
    this.#changed = changed;
    // Its snapshot is empty: it says that the subscription has begun, at first and where a recovery was not possible.
    this.#subscription = connection.subscribe(
      [PREFIX + topic],
      { events: (events, { snapshot }) => (snapshot ? this.#ask() : this.#take(events)), gap: () => this.#ask() },
      { ...options, snapshot: true },
    );
    const again = () => {
      if (connection.state === "connected" && this.#failed) this.#ask();
    };
    connection.addEventListener("state", again, { signal: this.#ended.signal });
  }

  close(): void {
    this.#question += 1;
    this.#ended.abort();
    this.#subscription.close();
  }

  [DISPOSE](): void {
    this.close();
  }

  #ask(): void {
    this.#question += 1;
    const question = this.#question;
    this.#present = null;
    this.#since = [];
    this.#failed = false;
    this.#connection.presence(this.#topic).then(
      (present) => {
        if (question !== this.#question || this.#subscription.state === "unsubscribed") return;
        this.#present = this.#since.reduce(after, present);
        this.#changed(this.#present);
      },
      (error: HubError) => {
        if (question !== this.#question) return;
        // With the link gone, the next one asks again.
        this.#failed = true;
        const gone = error.name === "unknown" || error.name === "not_connected";
        if (!gone) this.#connection.dispatchEvent(new CustomEvent("error", { detail: error }));
      },
    );
  }

  #take(events: HubEvent[]): void {
    const changes = events.flatMap((event) => presenceOf(event) ?? []);
    if (this.#present === null) {
      this.#since.push(...changes);
      return;
    }
    this.#present = changes.reduce(after, this.#present);
    this.#changed(this.#present);
  }
}

/** The list after a change; who joins and is there already, or leaves and was not, changes nothing. */
function after(present: PresenceList, { user, joined, time }: PresenceChange): PresenceList {
  const there = present.members.some((member) => member.user === user);
  // Of those who are not listed it can't be told; so many are rare.
  if (there === joined && (there || present.total === present.members.length)) return present;
  const members = joined
    ? [...present.members, { user, sessions: 1, since: time }]
    : present.members.filter((member) => member.user !== user);
  return { total: present.total + (joined ? 1 : -1), members };
}
