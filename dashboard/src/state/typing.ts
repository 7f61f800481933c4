/** Who is typing: the hub says it once, so it is believed for a while. */

/** How long a notice holds. */
export const TYPING_MS = 4_000;
/** The hub takes one notice in 2 s from each session. */
const PACE_MS = 2_500;

/** Notices of others, by topic. */
export class Typing {
  readonly #until = new Map<string, Map<string, number>>();

  /** A user is typing at this time (ms of any clock that only grows). */
  seen(topic: string, user: string, now: number): void {
    const users = this.#until.get(topic) ?? new Map<string, number>();
    this.#until.set(topic, users.set(user, now + TYPING_MS));
  }

  /** The user has said what he was typing, or left; says whether he was. */
  done(topic: string, user: string): boolean {
    return this.#until.get(topic)?.delete(user) ?? false;
  }

  /** Those who type now, who began first first; whose notice is over are forgotten. */
  users(topic: string, now: number): string[] {
    const users = this.#until.get(topic);
    for (const [user, until] of users ?? []) if (until <= now) users?.delete(user);
    if (users?.size === 0) this.#until.delete(topic);
    return [...(users?.keys() ?? [])];
  }
}

/** Paces own notices: those of one session, whatever rooms they are in. */
export class TypingPace {
  #next = Number.NEGATIVE_INFINITY;

  /** Whether a notice may be sent now (ms of any clock that only grows); it counts as sent then. */
  due(now: number): boolean {
    if (now < this.#next) return false;
    this.#next = now + PACE_MS;
    return true;
  }
}
