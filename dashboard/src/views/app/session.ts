import { type Signal, signal } from "@preact/signals";
import { ApiError, type Me, refresh, signOut, whoAmI } from "./api.ts";

/** `unknown` until the hub has said who this is; `ended` keeps the page, so that what was typed is not lost. */
export type SessionState = "unknown" | "signed_out" | "signed_in" | "ended" | "unreachable";

const RETRY_MS = 3_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Who is signed in here; renews the sign-in when half of its life is over. */
export class Session {
  readonly state: Signal<SessionState> = signal("unknown");
  readonly me: Signal<Me | null> = signal(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Asks the hub; while it does not answer, asks again every 3 s. */
  async begin(): Promise<void> {
    try {
      const me = await whoAmI();
      if (me === null) this.state.value = "signed_out";
      else this.signedIn(me);
    } catch {
      this.state.value = "unreachable";
      this.#after(RETRY_MS, () => this.begin());
    }
  }

  signedIn(me: Me): void {
    this.me.value = me;
    this.state.value = "signed_in";
    const life_ms = me.expires * 1000 - Date.now();
    if (life_ms > 0) this.#after(Math.min(life_ms / 2, MAX_TIMER_MS), () => this.#renew());
  }

  /** The link was refused for good: whether the sign-in holds all the same, or could not be asked for. */
  async check(): Promise<boolean> {
    try {
      const me = await whoAmI();
      if (me === null) this.state.value = "ended";
      else this.signedIn(me);
      return me !== null;
    } catch {
      return true;
    }
  }

  /** Ends the session; rejects with ApiError where the hub does not answer, as the sign-in then still holds. */
  async signOut(): Promise<void> {
    await signOut();
    clearTimeout(this.#timer);
  }

  async #renew(): Promise<void> {
    try {
      this.signedIn(await refresh());
    } catch (error) {
      if (error instanceof ApiError && error.unanswered) this.#after(RETRY_MS, () => this.#renew());
      else await this.check();
    }
  }

  #after(delay_ms: number, work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void work(), delay_ms);
  }
}
