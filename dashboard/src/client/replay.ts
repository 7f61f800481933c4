/** Replays: the past plays as the present would, and is paused, wound and ended (docs/protocol.md). */

import type { Commands, Outcome } from "./commands.ts";
import { type HubError, hubError, notConnected, refused, unknownOutcome } from "./errors.ts";
import type {
  EventsFrame,
  GapFrame,
  HubEvent,
  OkReply,
  ReplayAction,
  ReplayEndFrame,
  ReplayOptions,
  ReplayPoint,
} from "./protocol.ts";

/** Longer than a command's: before it answers, the hub finds the moment in all that is recorded. */
const REPLAY_TIMEOUT_MS = 15_000;

export interface ReplayedInfo {
  /** These are the latest events as they were; else what came after. */
  snapshot: boolean;
  position: string;
  /** The moment that plays, ms since the epoch. */
  time: number;
}

export interface ReplayCallbacks {
  events(events: HubEvent[], info: ReplayedInfo): void;
  /** What lay before this moment is not known any more. */
  gap?(info: { position: string; time: number }): void;
  /** Nothing follows: all has been played, or, with an error, it can't begin or go on. */
  end?(error: HubError | null): void;
}

type Frame = EventsFrame | GapFrame | ReplayEndFrame;

/** One replay. It goes on over reconnects where it was; what is asked of it rejects with HubError. */
export class Replay {
  /** Where it is; null before its first frame. */
  position: string | null = null;
  /** The hub's id of it on this link; null: not begun there, or at its end. */
  id: number | null = null;
  ended = false;
  readonly filters: readonly string[];
  readonly callbacks: ReplayCallbacks;
  readonly options: ReplayOptions;
  from: ReplayPoint;
  speed: number;
  paused: boolean;
  readonly #act: (replay: Replay, action: ReplayAction) => Promise<OkReply>;

  constructor(
    filters: readonly string[],
    from: ReplayPoint,
    callbacks: ReplayCallbacks,
    options: ReplayOptions,
    act: (replay: Replay, action: ReplayAction) => Promise<OkReply>,
  ) {
    this.filters = filters;
    this.from = from;
    this.callbacks = callbacks;
    this.options = options;
    this.speed = options.speed ?? 1;
    this.paused = options.paused ?? false;
    this.#act = act;
  }

  async pause(): Promise<void> {
    await this.#act(this, { action: "pause" });
    this.paused = true;
  }

  async resume(): Promise<void> {
    await this.#act(this, { action: "resume" });
    this.paused = false;
  }

  /** Goes on from another moment, after how things were there. */
  async seek(from: ReplayPoint): Promise<void> {
    await this.#act(this, { action: "seek", from });
  }

  async setSpeed(speed: number): Promise<void> {
    await this.#act(this, { action: "speed", speed });
    this.speed = speed;
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.#act(this, { action: "stop" });
  }
}

/** All replays of a connection. */
export class Replays {
  readonly #commands: Commands;
  readonly #all = new Set<Replay>();
  #open = false;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  add(filters: readonly string[], from: ReplayPoint, callbacks: ReplayCallbacks, options: ReplayOptions): Replay {
    const replay = new Replay(filters, from, callbacks, options, (asked, action) => this.#act(asked, action));
    this.#all.add(replay);
    if (this.#open) this.#begin(replay);
    return replay;
  }

  opened(): void {
    this.#open = true;
    for (const replay of this.#all) this.#begin(replay);
  }

  lost(): void {
    this.#open = false;
    for (const replay of this.#all) replay.id = null;
  }

  take(frame: Frame): void {
    const replay = [...this.#all].find(({ id }) => id === frame.replay);
    if (replay === undefined) return;
    const { position, time = 0 } = frame;
    if (frame.type === "gap") replay.callbacks.gap?.({ position, time });
    else if (frame.type === "replay_end") this.#end(replay, frame.error === undefined ? null : refused(frame.error));
    else {
      // A part says where to come back from: of a snapshot nowhere.
      if (!frame.part) replay.position = position;
      replay.callbacks.events(frame.events, { snapshot: frame.snapshot ?? false, position, time });
    }
  }

  #begin(replay: Replay): void {
    const { filters, options, speed, paused, position } = replay;
    const goesOn = position === null ? {} : { snapshot: false };
    this.#commands.issue(
      (id) => {
        // Before it is answered: some wires answer within the call.
        replay.id = id;
        return { type: "replay", id, filters, from: position ?? replay.from, ...options, speed, paused, ...goesOn };
      },
      REPLAY_TIMEOUT_MS,
      (outcome) => {
        if (outcome.kind === "refused") this.#end(replay, outcome.error);
        else if (outcome.kind === "timeout") this.#end(replay, hubError("not_available"));
      },
    );
  }

  #end(replay: Replay, error: HubError | null): void {
    this.#all.delete(replay);
    replay.id = null;
    replay.ended = true;
    replay.callbacks.end?.(error);
  }

  #act(replay: Replay, action: ReplayAction): Promise<OkReply> {
    const { id: begun } = replay;
    if (action.action === "stop") this.#all.delete(replay);
    if (begun === null) return Promise.reject(notConnected());
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome) => {
        if (outcome.kind === "done") resolve(outcome.reply);
        else if (outcome.kind === "refused") reject(outcome.error);
        else reject(unknownOutcome("No answer came; it may have happened."));
      };
      this.#commands.issue((id) => ({ type: "replay", id, replay: begun, ...action }), REPLAY_TIMEOUT_MS, settle);
    });
  }
}
