/** The frames of `hub.v1.json` (docs/protocol.md): their types, the client's written, the server's read. */

import { hubError } from "./errors.ts";
import type { Predicate } from "./predicate.ts";

export const SUBPROTOCOL = "hub.v1.json";
export const TOKEN_SUBPROTOCOL = "bearer.";
const MAX_CLIENT_FRAME_BYTES = 64 * 1024;

export type Scalar = number | string | boolean;

/** Several events of the log that stand merged in one: `data` has the last value of each key. */
export interface Conflated {
  count: number;
  /** ms since the epoch, of the oldest; the event's `time` is that of the newest. */
  from: number;
  /** The least and the greatest of each key that was a number throughout. */
  min: Record<string, number>;
  max: Record<string, number>;
}

/** `time` and `received` are in ms since the epoch; `received` is there where `time` is the device's own clock. */
export interface HubEvent {
  topic: string;
  time: number;
  received?: number;
  data: Record<string, unknown>;
  /** There where several events stand merged in this one. */
  conflated?: Conflated;
}

/** Options of a subscription as they stand in a frame. */
export interface WireOptions {
  where?: Predicate | null;
  fields?: readonly string[];
  max_rate?: number;
}

export type ClientFrame =
  | { type: "auth"; id: number; token: string }
  | ({
      type: "subscribe";
      id: number;
      filters: readonly string[];
      since?: string;
      snapshot?: boolean;
      presence?: boolean;
    } & WireOptions)
  /** Without options: whatever they are. `where: null` alone: only those without any. */
  | ({ type: "unsubscribe"; id: number; filters: readonly string[] } & WireOptions)
  | { type: "publish"; id: number; topic: string; data: Record<string, unknown> }
  | { type: "presence"; id: number; topic: string }
  | { type: "typing"; id: number; topic: string }
  | ({ type: "replay"; id: number; filters: readonly string[]; from: ReplayPoint } & ReplayOptions)
  | ({ type: "replay"; id: number; replay: number } & ReplayAction);

/** A position, or ms since the epoch. */
export type ReplayPoint = string | number;

export interface ReplayOptions {
  /** Not given: all that is recorded plays. */
  to?: ReplayPoint;
  /** 0.1 to 100; not given: as fast as it was. */
  speed?: number;
  /** Begins with how things were and waits for `resume`. */
  paused?: boolean;
  /** false: not how things were, only what came after. */
  snapshot?: boolean;
}

export type ReplayAction =
  | { action: "pause" | "resume" | "stop" }
  | { action: "seek"; from: ReplayPoint }
  | { action: "speed"; speed: number };

/** A user on a topic; `since` is in ms since the epoch. */
export interface Member {
  user: string;
  sessions: number;
  since: number;
}

/** Who is on a topic: how many users, and those who came first, at most 1,000. */
export interface PresenceList {
  total: number;
  members: Member[];
}

export interface OkReply {
  type: "reply";
  id: number;
  ok: true;
  position?: string;
  recovered?: boolean;
  user?: string;
  role?: string;
  /** Seconds since the epoch. */
  expires?: number;
  /** Of `presence`: how many users are on the topic, and those who came first. */
  total?: number;
  members?: Member[];
  /** Of `replay`: the id of the frame that began it, and the moment that plays (ms since the epoch). */
  replay?: number;
  time?: number;
}

export interface Refusal {
  type: "reply";
  /** null: the hub could not read which frame it refuses. */
  id: number | null;
  ok: false;
  error: { code: number; name: string; message: string };
}

/** Of a frame of a replay: the id of the frame that began it, and the moment that plays (ms since the epoch). */
interface Replayed {
  replay?: number;
  time?: number;
}

export interface EventsFrame extends Replayed {
  type: "events";
  position: string;
  snapshot?: boolean;
  /** More of the same follows; the events lie after the position. */
  part?: boolean;
  /** So many events of the log stand merged in some of these. */
  conflated?: number;
  events: HubEvent[];
}

export interface HeartbeatFrame {
  type: "heartbeat";
  position: string;
  lag_ms: number;
}

export interface GapFrame extends Replayed {
  type: "gap";
  position: string;
}

/** A user is typing in a room just now; never repeated. */
export interface TypingFrame {
  type: "typing";
  topic: string;
  user: string;
}

/** Nothing follows in a replay: all has been played, or it can't go on. */
export interface ReplayEndFrame {
  type: "replay_end";
  replay: number;
  position: string;
  time: number;
  error?: Refusal["error"];
}

export type ServerFrame = OkReply | Refusal | EventsFrame | HeartbeatFrame | GapFrame | ReplayEndFrame | TypingFrame;

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOptional(value: unknown, type: "string" | "boolean" | "number"): boolean {
  return value === undefined || typeof value === type;
}

function isEvent(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.topic === "string" &&
    typeof value.time === "number" &&
    isOptional(value.received, "number") &&
    isObject(value.data) &&
    (value.conflated === undefined || isConflated(value.conflated))
  );
}

function isConflated(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.count === "number" &&
    typeof value.from === "number" &&
    [value.min, value.max].every(
      (side) => isObject(side) && Object.values(side).every((number) => typeof number === "number"),
    )
  );
}

function isMember(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.user === "string" &&
    typeof value.sessions === "number" &&
    typeof value.since === "number"
  );
}

function isOkReply({ id, position, recovered, user, role, expires, total, members }: Fields): boolean {
  return (
    typeof id === "number" &&
    [position, user, role].every((value) => isOptional(value, "string")) &&
    isOptional(recovered, "boolean") &&
    isOptional(expires, "number") &&
    isOptional(total, "number") &&
    (members === undefined || (Array.isArray(members) && members.every((member) => isMember(member))))
  );
}

function isRefusal({ id, error }: Fields): boolean {
  return (id === null || typeof id === "number") && isError(error);
}

function isReplayed({ replay, time }: Fields): boolean {
  return isOptional(replay, "number") && isOptional(time, "number");
}

function isReplayEnd({ replay, position, time, error }: Fields): boolean {
  return (
    typeof replay === "number" &&
    typeof position === "string" &&
    typeof time === "number" &&
    (error === undefined || isError(error))
  );
}

function isError(error: unknown): boolean {
  return (
    isObject(error) &&
    typeof error.code === "number" &&
    typeof error.name === "string" &&
    typeof error.message === "string"
  );
}

const SHAPES: ReadonlyMap<string, (frame: Fields) => boolean> = new Map([
  ["reply", (frame) => (frame.ok === true ? isOkReply(frame) : frame.ok === false && isRefusal(frame))],
  [
    "events",
    ({ position, snapshot, part, conflated, events, ...rest }) =>
      isReplayed(rest) &&
      typeof position === "string" &&
      isOptional(snapshot, "boolean") &&
      isOptional(part, "boolean") &&
      isOptional(conflated, "number") &&
      Array.isArray(events) &&
      events.every((event) => isEvent(event)),
  ],
  ["heartbeat", ({ position, lag_ms }) => typeof position === "string" && typeof lag_ms === "number"],
  ["gap", ({ position, ...rest }) => typeof position === "string" && isReplayed(rest)],
  ["replay_end", isReplayEnd],
  ["typing", ({ topic, user }) => typeof topic === "string" && typeof user === "string"],
]);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw hubError("bad_request", "A frame of the hub is not JSON.", { cause: error });
  }
}

/** The frame of a server's message; null for a type this client does not know; throws HubError where it is malformed. */
export function parseServerFrame(text: string): ServerFrame | null {
  const frame = readJson(text);
  if (!isObject(frame) || typeof frame.type !== "string") {
    throw hubError("bad_request", "A frame of the hub is not an object with a type.");
  }
  const fits = SHAPES.get(frame.type);
  if (fits === undefined) return null;
  if (!fits(frame)) throw hubError("bad_request", `A frame of the hub of type ${frame.type} is malformed.`);
  return frame as unknown as ServerFrame;
}

/** The text of a client's frame; throws HubError `too_large` where the hub would end the connection (close 1009). */
export function encodeClientFrame(frame: ClientFrame): string {
  const text = JSON.stringify(frame);
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_CLIENT_FRAME_BYTES) {
    throw hubError("too_large", `It has ${bytes} bytes; the hub takes ${MAX_CLIENT_FRAME_BYTES}.`);
  }
  return text;
}
