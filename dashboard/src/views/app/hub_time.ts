import { loadStatus } from "./api.ts";

/** Below this the difference is the network's, and the browser's clock is good enough. */
const TOLERATED_MS = 1_000;

/** The hub's clock as this browser knows it: ages are counted by it, so that a wrong clock here makes nothing old. */
export class HubTime {
  offset_ms = 0;

  /** ms since the epoch. */
  readonly now = (): number => Date.now() + this.offset_ms;

  /** Asks the hub for its time; half of the way is added, as the answer was under way. */
  async measure(): Promise<void> {
    const asked = Date.now();
    try {
      const { time } = await loadStatus();
      const answered = Date.now();
      const offset_ms = time - (asked + answered) / 2;
      this.offset_ms = Math.abs(offset_ms) > TOLERATED_MS + (answered - asked) / 2 ? offset_ms : 0;
    } catch {
      // A hub that does not answer now is asked again at the next sign-in; until then the browser's clock holds.
    }
  }
}
