/** Frames that wait for their reply. */

import { type HubError, hubError, refused } from "./errors.ts";
import type { ClientFrame, OkReply, Refusal } from "./protocol.ts";

/** At most so many frames wait for replies; more are refused with `too_many_requests` before they are sent. */
export const MAX_WAITING = 256;

export type Outcome =
  | { kind: "done"; reply: OkReply }
  | { kind: "refused"; error: HubError }
  | { kind: "timeout" }
  | { kind: "lost" };

interface Waiting {
  settle: (outcome: Outcome) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** Numbers the client's frames and gives each its one outcome: reply, refusal, time-out or a lost link. */
export class Commands {
  readonly #send: (frame: ClientFrame) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** `send` throws HubError where a frame can't be sent. */
  constructor(send: (frame: ClientFrame) => void) {
    this.#send = send;
  }

  /** Sends a frame; `settle` is called once, with `refused` before this returns where the frame can't be sent. */
  issue(build: (id: number) => ClientFrame, timeoutMs: number, settle: (outcome: Outcome) => void): void {
    if (this.#waiting.size >= MAX_WAITING) {
      settle({ kind: "refused", error: hubError("too_many_requests") });
      return;
    }
    this.#lastId += 1;
    const id = this.#lastId;
    // Before it is sent: some wires answer within the call.
    const timer = setTimeout(() => this.#settle(id, { kind: "timeout" }), timeoutMs);
    this.#waiting.set(id, { settle, timer });
    try {
      this.#send(build(id));
    } catch (error) {
      this.#settle(id, { kind: "refused", error: error as HubError });
    }
  }

  /** Takes a reply; one that nobody waits for any more is passed over. */
  take(reply: OkReply | Refusal): void {
    if (reply.ok) this.#settle(reply.id, { kind: "done", reply });
    else if (reply.id !== null) this.#settle(reply.id, { kind: "refused", error: refused(reply.error) });
  }

  /** The link is gone: nothing that waits will be answered. */
  lose(): void {
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { kind: "lost" });
  }

  #settle(id: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.settle(outcome);
  }
}
