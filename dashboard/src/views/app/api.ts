/** The hub's HTTP API as the pages use it; what the server refuses comes as ApiError with the code of its table. */

import { type Scalar, toLevel } from "../../client/index.ts";

const NO_ANSWER = 0;
/** Rows of a series in one answer: about one for each pixel of a wide screen. */
const HISTORY_POINTS = 2_000;

/** What the server answered instead of what was asked; status 0 means that no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  override readonly name: string;
  readonly retryAfter_s: number | null;

  constructor(status: number, code: number, name: string, message: string, retryAfter_s: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.name = name;
    this.retryAfter_s = retryAfter_s;
  }

  get unanswered(): boolean {
    return this.status === NO_ANSWER;
  }
}

export type Role = "viewer" | "operator" | "admin";

export interface Me {
  user: string;
  role: Role;
  /** Seconds since the epoch. */
  expires: number;
}

/** Rows of `columns`, of which the first is the time (ms since the epoch): of values, or of what several come to. */
export interface HistorySeries {
  device: string;
  key: string;
  unit?: string | null;
  columns: string[];
  points: (Scalar | null)[][];
}

export interface HistoryAnswer {
  series: HistorySeries[];
  /** How long a stretch each row stands for; 0: the rows are the values themselves. */
  resolution_ms: number;
  position: string | null;
}

export interface Status {
  version: string;
  /** ms since the epoch. */
  time: number;
  /** `connected` is null where the process that answered reads no broker. */
  mqtt: { url: string; connected: boolean | null; since: number | null; reason: string };
  /** null where the process that answered does not record. */
  recorder: { lag_ms: number | null };
}

interface ErrorAnswer {
  error?: { code?: number; name?: string; message?: string };
}

async function refusal(response: Response): Promise<ApiError> {
  const answer = (await response.json().catch(() => ({}))) as ErrorAnswer;
  const { code = 100, name = "internal", message = response.statusText } = answer.error ?? {};
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiError(response.status, code, name, message, Number.isFinite(wait) ? wait : null);
}

/** Asks the hub, and gives its answer read from JSON. */
export async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(NO_ANSWER, 0, "no_answer", String(error));
  }
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** Tells the hub something as JSON. */
export function send<T>(method: string, path: string, body: object = {}): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return request<T>(path, { method, headers, body: JSON.stringify(body) });
}

const post = <T>(path: string, body: object = {}) => send<T>("POST", path, body);

/** Opens a session with name and password. */
export const signIn = (name: string, password: string) => post<Me>("/api/sign-in", { name, password });

/** Makes the first administrator with the code of the link that the first start prints. */
export const signInByLink = (code: string, name: string, password: string) =>
  post<Me>("/api/sign-in/link", { code, name, password });

/** Where one may sign in beside this page. */
export interface OidcOption {
  name: string;
  url: string;
}

export const signInOptions = async () => (await request<{ oidc: OidcOption | null }>("/api/sign-in/options")).oidc;

export const signOut = () => post<unknown>("/api/sign-out");

/** Who is signed in here; null: nobody. */
export const whoAmI = async () => (await request<{ me: Me | null }>("/api/session")).me;

/** Renews the session's cookie before it ends. */
export const refresh = () => post<Me>("/api/me/refresh");

export const loadStatus = (signal?: AbortSignal) => request<Status>("/api/status", signal ? { signal } : {});

export interface HistoryQuery {
  device: string;
  keys: readonly string[];
  from: number;
  to: number;
}

/** History, from <= time < to, both in ms since the epoch: the values where they are few, else as wide as a screen. */
export function loadHistory(query: HistoryQuery, signal: AbortSignal): Promise<HistoryAnswer> {
  const search = new URLSearchParams({ device: toLevel(query.device) });
  for (const key of query.keys) search.append("key", key);
  search.set("from", String(Math.floor(query.from)));
  search.set("to", String(Math.ceil(query.to)));
  search.set("points", String(HISTORY_POINTS));
  return request<HistoryAnswer>(`/api/history?${search}`, { signal });
}

/** A moment of the past, and what a device had told by then: times in ms since the epoch, values by key. */
export interface MomentAnswer {
  time: number;
  values: Readonly<Record<string, { time: number; value: Scalar }>>;
}

/** When a position of the log (or a time in ms) was, with the values of a device then. */
export function loadMoment(at: string, device: string, signal: AbortSignal): Promise<MomentAnswer> {
  const search = new URLSearchParams({ at, device: toLevel(device) });
  return request<MomentAnswer>(`/api/moments?${search}`, { signal });
}
