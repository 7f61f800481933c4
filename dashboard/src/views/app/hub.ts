import { type Signal, signal } from "@preact/signals";
import { Connection, type HubEvent } from "../../client/index.ts";
import type { PaintClock } from "../../paint/clock.ts";
import type { Cells } from "../../paint/live_text.ts";
import {
  type Device,
  Devices,
  type Freshness,
  freshness,
  fromLevel,
  type LinkInput,
  type LinkModel,
  linkModel,
  reduceLink,
} from "../../state/index.ts";
import { Chat } from "../chat/chat.ts";
import { HiddenTab } from "./hidden_tab.ts";
import type { HubTime } from "./hub_time.ts";

const RETURN_MS = 5_000;
const RATE_SECONDS = 5;
const STANDING = ["registry/+", "device/+", "connectivity/+"];
const TELEMETRY_ROOT = "telemetry/";
const TELEMETRY = [`${TELEMETRY_ROOT}+`];

type TelemetryListener = (time: number, data: Readonly<Record<string, unknown>>) => void;

/** Joins the client library with the state and the screen: what comes is applied, and what shows it is told. */
export class Hub {
  readonly connection: Connection;
  readonly time: HubTime;
  readonly devices = new Devices();
  readonly chat: Chat;
  readonly link: Signal<LinkModel>;
  /** Counts changes of which devices there are and what they are called. */
  readonly fleet: Signal<number> = signal(0);
  /** Values a second, over the last five. */
  readonly rate: Signal<number> = signal(0);
  /** The first snapshot has come: what is not there does not exist. */
  readonly loaded: Signal<boolean> = signal(false);
  readonly #clock: PaintClock;
  readonly #cells: Cells;
  readonly #hidden: HiddenTab;
  readonly #listeners = new Map<string, Set<TelemetryListener>>();
  readonly #missed = new Set<() => void>();
  #valuesReceived = 0;
  #rates: number[] = [];
  #user: string | null = null;
  /** What is on the screen may be old until the snapshot that was asked for has come. */
  #awaiting = false;
  readonly #paintFleet = () => {
    this.fleet.value++;
  };

  constructor(options: { url: URL; time: HubTime; clock: PaintClock; cells: Cells }) {
    this.connection = new Connection({ url: options.url });
    this.time = options.time;
    this.#clock = options.clock;
    this.#cells = options.cells;
    this.chat = new Chat({
      connection: this.connection,
      clock: options.clock,
      received: (count) => this.#reduce({ type: "events", count }),
    });
    this.link = signal(linkModel(Date.now()));
    this.#hidden = new HiddenTab(
      () => this.#subscribeTelemetry(),
      () => this.#staleUntilSnapshot(),
    );
  }

  /** Connects for a user; a second call, after the session had ended, only connects again. */
  start(user: string): void {
    if (this.#user === null) this.#begin(user);
    this.connection.connect();
  }

  /** How true the value of a key is at a time of the hub's clock. */
  freshness(id: string, key: string, time: number): Freshness {
    const device = this.devices.get(id);
    const value = device?.keys.get(key);
    const age_ms = value?.value == null ? null : time - value.seen;
    return this.#freshness(device, age_ms, { key, interval_ms: value?.intervalMs ?? null });
  }

  /** How true what is known of a whole device is. */
  deviceFreshness(device: Device, time: number): Freshness {
    const age_ms = device.lastSeen === null ? null : time - device.lastSeen;
    return this.#freshness(device, age_ms, { interval_ms: device.intervalMs });
  }

  /** Time of the latest value of a key, ms since the epoch. */
  latestTime(id: string, key: string): number | undefined {
    return this.devices.get(id)?.keys.get(key)?.time;
  }

  /** Tells each new telemetry event of a device, until the returned function is called. */
  onTelemetry(id: string, listener: TelemetryListener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Tells that events have passed unseen, so that history must be asked. */
  onMissed(listener: () => void): () => void {
    this.#missed.add(listener);
    return () => this.#missed.delete(listener);
  }

  #begin(user: string): void {
    this.#user = user;
    this.#listen();
    this.connection.subscribe(STANDING, { events: (events) => this.#takeStanding(events) }, { snapshot: true });
    this.chat.start(user);
    this.#hidden.start();
    this.#clock.everySecond(() => {
      this.#rates = [...this.#rates.slice(1 - RATE_SECONDS), this.#valuesReceived];
      this.#valuesReceived = 0;
      this.rate.value = Math.round(this.#rates.reduce((sum, rate) => sum + rate, 0) / this.#rates.length);
    });
  }

  #subscribeTelemetry(): () => void {
    const events = (list: HubEvent[], { snapshot }: { snapshot: boolean }) => this.#takeTelemetry(list, snapshot);
    const subscription = this.connection.subscribe(TELEMETRY, { events }, { snapshot: true });
    return () => subscription.close();
  }

  #listen(): void {
    const { connection } = this;
    connection.addEventListener("state", ({ detail }) => {
      this.#reduce({ type: "state", detail });
      if (this.link.value.phase === "signed_out") this.onSignedOut();
    });
    connection.addEventListener("recovery", ({ detail }) => {
      // Before the strip says that the link is back: what is on the screen is from before until the snapshot is there.
      if (!detail.recovered) this.#staleUntilSnapshot();
      this.#reduce({ type: "recovery", detail });
    });
    connection.addEventListener("heartbeat", ({ detail }) => this.#reduce({ type: "heartbeat", detail }));
    connection.addEventListener("gap", () => {
      this.#staleUntilSnapshot();
      this.#reduce({ type: "gap" });
    });
    for (const type of ["online", "pageshow"]) addEventListener(type, () => connection.retryNow());
  }

  /** Called where the hub says that the sign-in has ended. */
  onSignedOut: () => void = () => undefined;

  /** The sign-in holds after all: come back in a while. */
  returnLater(): void {
    setTimeout(() => this.connection.connect(), RETURN_MS);
  }

  #reduce(input: LinkInput): void {
    const before = this.link.value;
    this.link.value = reduceLink(before, input, Date.now());
    if (this.link.value.phase !== before.phase) this.#cells.touchAll();
  }

  #staleUntilSnapshot(): void {
    this.#awaiting = true;
    this.#cells.touchAll();
  }

  #takeStanding(events: readonly HubEvent[]): void {
    const { devices } = this.devices.apply(events, { snapshot: false });
    for (const id of devices) this.#cells.touch(id);
    if (devices.size > 0) this.#clock.mark(this.#paintFleet);
  }

  #takeTelemetry(events: readonly HubEvent[], snapshot: boolean): void {
    this.#reduce({ type: "events", count: events.length });
    const { devices, added } = this.devices.apply(events, { snapshot });
    for (const slot of this.devices.latest.takeDirty()) this.#cells.touch(slot);
    for (const id of devices) this.#cells.touch(id);
    if (added.length > 0) this.#clock.mark(this.#paintFleet);
    if (snapshot) this.#snapshotCame();
    // A snapshot has one time for all keys of a device: it is no point of a chart.
    else this.#takeNew(events);
  }

  #snapshotCame(): void {
    const returned = this.#awaiting && this.loaded.value;
    this.#awaiting = false;
    this.loaded.value = true;
    this.#cells.touchAll();
    if (returned) for (const listener of this.#missed) listener();
  }

  #takeNew(events: readonly HubEvent[]): void {
    for (const { topic, time, data } of events) {
      this.#valuesReceived += Object.keys(data).length;
      if (this.#listeners.size === 0) continue;
      const listeners = this.#listeners.get(fromLevel(topic.slice(TELEMETRY_ROOT.length)));
      for (const listener of listeners ?? []) listener(time, data);
    }
  }

  #freshness(
    device: Device | undefined,
    ageMs: number | null,
    { key, interval_ms }: { key?: string; interval_ms: number | null },
  ): Freshness {
    return freshness({
      replaying: false,
      ageMs,
      proved: this.link.peek().phase === "live" && !this.#awaiting,
      connectivity: device?.connectivity?.state ?? null,
      silent: device?.isSilent(key) ?? null,
      intervalMs: interval_ms,
      gap: false,
    });
  }
}
