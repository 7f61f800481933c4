import { type Signal, signal } from "@preact/signals";
import { ApiError, loadHistory } from "../app/api.ts";
import type { Hub } from "../app/hub.ts";
import { fillFromHistory } from "./history.ts";
import { Points } from "./points.ts";

export type FeedState = "loading" | "ready" | "failed";

/** Twice the pixels of a wide screen: more can't be seen. */
const MAX_POINTS = 8_192;

interface FeedOptions {
  device: string;
  key: string;
  window_ms: number;
  /** A stretch of the past, ms since the epoch: nothing live is added to it. */
  past: { from: number; to: number } | null;
  onChange: () => void;
}

/** The points of one key of one device: history, then live, without a seam; loads again what a lost link has cost. */
export class ChartFeed {
  readonly points = new Points(MAX_POINTS);
  readonly state: Signal<FeedState> = signal("loading");
  readonly failure: Signal<string> = signal("");
  readonly #hub: Hub;
  readonly #device: string;
  readonly #key: string;
  readonly #window_ms: number;
  readonly #past: FeedOptions["past"];
  readonly #onChange: () => void;
  readonly #stops: (() => void)[] = [];
  #loading = new AbortController();

  constructor(hub: Hub, options: FeedOptions) {
    this.#hub = hub;
    this.#device = options.device;
    this.#key = options.key;
    this.#window_ms = options.window_ms;
    this.#past = options.past;
    this.#onChange = options.onChange;
  }

  /** Begins to collect live values, then loads what was before them. */
  start(): void {
    if (this.#past === null) this.#follow();
    void this.load();
  }

  #follow(): void {
    this.#stops.push(
      this.#hub.onTelemetry(this.#device, (time, data) => this.#take(time, data[this.#key])),
      this.#hub.onMissed(() => void this.load()),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#loading.abort();
  }

  /** Loads the window's history anew; live values stay and go on. */
  async load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal: loading } = this.#loading;
    if (this.points.length === 0) this.state.value = "loading";
    try {
      await fillFromHistory(
        this.points,
        { device: this.#device, key: this.#key, ...this.#stretch() },
        { load: loadHistory, signal: loading, onPart: this.#onChange, pause: (delay_ms) => pause(delay_ms, loading) },
      );
      this.state.value = "ready";
    } catch (error) {
      if (loading.aborted) return;
      this.failure.value = error instanceof ApiError ? error.name : String(error);
      this.state.value = "failed";
    }
    this.#onChange();
  }

  #stretch(): { from: number; to: number; known: number | undefined } {
    if (this.#past !== null) return { from: this.#past.from, to: this.#past.to + 1, known: undefined };
    const now = this.#hub.time.now();
    return { from: now - this.#window_ms, to: now + 1, known: this.#hub.latestTime(this.#device, this.#key) };
  }

  /** Forgets what has left the window; one point before it stays, so that the line reaches the edge. */
  trim(now: number): void {
    const edge = this.points.indexAt(now - this.#window_ms);
    if (edge > 0) this.points.dropBefore(this.points.columns().times[edge] ?? 0);
  }

  #take(time: number, value: unknown): void {
    if (typeof value !== "number" || !Number.isFinite(value)) return;
    this.points.add(time, value);
    this.#onChange();
  }
}

function pause(delay_ms: number, loading: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, delay_ms);
    loading.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(loading.reason);
    });
  });
}
