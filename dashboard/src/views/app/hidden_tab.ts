const DROP_AFTER_MS = 30_000;

/**
 * Telemetry is for eyes: a tab that has been hidden for 30 s drops it, and takes it again, from the snapshot, when it is
 * seen. Visibility counts, never focus: a screen on a wall has none.
 */
export class HiddenTab {
  readonly #subscribe: () => () => void;
  readonly #dropped: () => void;
  #close: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `subscribe` gives the function that ends the subscription; `dropped` says that what is shown grows old. */
  constructor(subscribe: () => () => void, dropped: () => void) {
    this.#subscribe = subscribe;
    this.#dropped = dropped;
  }

  start(): void {
    this.#close = this.#subscribe();
    document.addEventListener("visibilitychange", () => this.#changed());
    this.#changed();
  }

  #changed(): void {
    clearTimeout(this.#timer);
    if (document.visibilityState === "hidden") this.#timer = setTimeout(() => this.#drop(), DROP_AFTER_MS);
    else this.#close ??= this.#subscribe();
  }

  #drop(): void {
    this.#close?.();
    this.#close = null;
    this.#dropped();
  }
}
