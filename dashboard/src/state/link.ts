/** What the truth strip says of the link to the hub, from the events of the connection. */

import { CLOSE_CODES, type HeartbeatDetail, type RecoveryDetail, type StateDetail } from "../client/index.ts";

/**
 * `connecting`: the first time · `live` · `catching_up`: the link is back, what was missed is not all there yet · `lost` ·
 * `signed_out`: a new sign-in helps · `refused`: it does not come back, whatever the user does here · `closed`: by the page.
 */
export type LinkPhase = "connecting" | "live" | "catching_up" | "lost" | "signed_out" | "refused" | "closed";

export interface Recovery {
  kind: "complete" | "partial";
  /** How long the link was lost; null where it was not lost and something is missing all the same. */
  lostMs: number | null;
  /** When it was recovered. */
  at: number;
}

/** Times in ms since the epoch. */
export interface LinkModel {
  readonly phase: LinkPhase;
  /** When the phase began; of `lost`: what is on the screen is from then. */
  readonly since: number;
  /** The next try; null: none is planned, or one is under way. */
  readonly retryAt: number | null;
  /** What the hub, or the network, said at the end of the link. */
  readonly reason: string | null;
  /** Events that came while catching up. */
  readonly caughtUp: number;
  /** The last recovery of this link; null: never lost. */
  readonly recovery: Recovery | null;
  /** The hub combines values because this screen does not keep up. */
  readonly combined: boolean;
  /** How far the hub said that this link is behind its log. */
  readonly lagMs: number;
}

export type LinkInput =
  | { type: "state"; detail: StateDetail }
  | { type: "recovery"; detail: RecoveryDetail }
  | { type: "heartbeat"; detail: HeartbeatDetail }
  | { type: "gap" }
  | { type: "events"; count: number }
  | { type: "combined"; combined: boolean };

/** Close codes after which a new sign-in helps. */
const SIGN_IN_CODES: ReadonlySet<number> = new Set(
  [CLOSE_CODES.expired, CLOSE_CODES.invalid_token, CLOSE_CODES.no_sign_in].map(({ number }) => number),
);

/** The model before the first event of the connection. */
export function linkModel(now: number): LinkModel {
  return {
    phase: "connecting",
    since: now,
    retryAt: null,
    reason: null,
    caughtUp: 0,
    recovery: null,
    combined: false,
    lagMs: 0,
  };
}

/** The model after one more event; the same object where nothing changed. */
export function reduceLink(model: LinkModel, input: LinkInput, now: number): LinkModel {
  switch (input.type) {
    case "state":
      return reduceState(model, input.detail, now);
    case "recovery":
      return reduceRecovery(model, input.detail, now);
    case "heartbeat":
      return input.detail.lagMs === model.lagMs ? model : { ...model, lagMs: input.detail.lagMs };
    case "gap":
      return { ...model, recovery: { kind: "partial", lostMs: null, at: now } };
    case "events":
      return model.phase === "catching_up" ? { ...model, caughtUp: model.caughtUp + input.count } : model;
    case "combined":
      return input.combined === model.combined ? model : { ...model, combined: input.combined };
  }
}

function reduceState(model: LinkModel, detail: StateDetail, now: number): LinkModel {
  const phase = phaseOf(detail);
  const since = phase === "lost" && detail.lostSince !== undefined ? detail.lostSince : now;
  return {
    ...model,
    phase,
    since: phase === model.phase && phase !== "lost" ? model.since : since,
    retryAt: detail.retryAt ?? null,
    reason: detail.reason ?? (phase === "lost" ? model.reason : null),
    caughtUp: 0,
    combined: false,
    lagMs: 0,
  };
}

function phaseOf(detail: StateDetail): LinkPhase {
  if (detail.final) return finalPhase(detail.code);
  const lost = detail.lostSince !== undefined;
  if (detail.state === "connected") return lost ? "catching_up" : "live";
  // Without a loss there is nothing on the screen that could be old: it is still the first connection.
  return lost ? "lost" : "connecting";
}

function finalPhase(code: number | undefined): LinkPhase {
  if (code === undefined) return "closed";
  return SIGN_IN_CODES.has(code) ? "signed_out" : "refused";
}

function reduceRecovery(model: LinkModel, { recovered, lostSince }: RecoveryDetail, now: number): LinkModel {
  const lostMs = lostSince === undefined ? null : now - lostSince;
  // A recovery on a living link that missed nothing is not worth a word.
  const recovery: Recovery | null =
    recovered && lostMs === null ? model.recovery : { kind: recovered ? "complete" : "partial", lostMs, at: now };
  const phase = model.phase === "catching_up" ? "live" : model.phase;
  return { ...model, phase, since: phase === model.phase ? model.since : now, recovery };
}
