/** The wire where a WebSocket can't be had: an event stream, and requests for all else (docs/protocol.md, "SSE"). */

import { CLOSE_CODES, ERROR_CODES } from "./codes.ts";
import { type EventBlock, EventBlocks } from "./event_blocks.ts";
import {
  type ClientFrame,
  type OkReply,
  type Refusal,
  type ServerFrame,
  TOKEN_SUBPROTOCOL,
  type WireOptions,
} from "./protocol.ts";
import { StreamFilters } from "./stream_filters.ts";
import type { WebSocketLike } from "./websocket.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Without filters there is no stream, and so no heartbeat: the hub is asked as often as it would beat. */
export const ASK_MS = 20_000;
/** As a WebSocket says that its connection broke. */
const BROKEN = 1006;
const TOO_MANY = 429;
const UNAUTHORIZED = 401;
const FIRST_SERVER_ERROR = 500;

type HubRefusal = Refusal["error"];
type Subscribe = Extract<ClientFrame, { type: "subscribe" }>;
type Unsubscribe = Extract<ClientFrame, { type: "unsubscribe" }>;
type Auth = Extract<ClientFrame, { type: "auth" }>;
type Publish = Extract<ClientFrame, { type: "publish" }>;
type Presence = Extract<ClientFrame, { type: "presence" }>;

/** Who is signed in, as the hub says it. */
interface Me {
  user: string;
  role: string;
  expires: number;
}

/** A stream that takes the place of the one before: filters that go on from a position, and filters that begin. */
interface Stream {
  keep: readonly string[];
  since: string;
  begin: readonly string[];
  beginSince: string | undefined;
  snapshot: boolean;
  presence: boolean;
  options: WireOptions;
  /** What the stream was begun for; taken back where the hub refuses it. */
  asked: Subscribe | null;
  /** Whom the replies of the stream answer, in their order; null: nobody asked, the stream was only made anew. */
  ids: (number | null)[];
  /** Positions up to which something is due that is no live event; while there are any, the stream must not be cut. */
  due: Set<string>;
  abort: AbortController;
}

type Listener = (event: never) => void;

/**
 * An event stream that behaves as a socket of `hub.v1.json`. Its filters are in the URL of the stream, so each change of
 * them begins a new one: the filters before go on from their position, and nothing is lost or repeated.
 */
class EventStreamSocket implements WebSocketLike {
  readonly #url: URL;
  #headers: Record<string, string>;
  readonly #fetch: Fetch;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #filters = new StreamFilters();
  readonly #changes: (Subscribe | Unsubscribe | Auth)[] = [];
  #presence = false;
  #me: Me | null = null;
  #stream: Stream | null = null;
  #position = "";
  #settled = true;
  #closed = false;
  #asking: ReturnType<typeof setInterval> | undefined;

  /** `url` and `protocols` are those of the WebSocket that could not be had: the hub's other addresses lie beside it. */
  constructor(url: string, protocols: readonly string[], fetch: Fetch) {
    this.#url = new URL(url);
    this.#url.protocol = this.#url.protocol.replace(/^ws/, "http");
    const bearer = protocols.find((protocol) => protocol.startsWith(TOKEN_SUBPROTOCOL));
    this.#headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer.slice(TOKEN_SUBPROTOCOL.length)}` };
    this.#fetch = fetch;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  /** Asks the hub whether it is there and knows who asks, and then is open. */
  async begin(): Promise<void> {
    if (!(await this.#greet()) || this.#closed) return;
    this.#rest();
    this.#emit("open", {});
  }

  /** Takes what a Connection sends; it is signed in with the requests themselves, by token or cookie. */
  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    if (frame.type === "publish") void this.#publish(frame);
    else if (frame.type === "presence") void this.#tellPresence(frame);
    else if (frame.type === "typing") this.#refuse(frame.id, "Typing can't be told");
    else if (frame.type === "replay") this.#refuse(frame.id, "The past can't be played");
    else {
      this.#changes.push(frame);
      this.#next();
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#asking);
    this.#stream?.abort.abort();
    this.#stream = null;
  }

  #emit(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  /** What can be said on a connection of its own alone. */
  #refuse(id: number, what: string): void {
    const { number: code } = ERROR_CODES.not_available;
    const error = { code, name: "not_available", message: `${what} where no WebSocket can be had.` };
    this.#say({ type: "reply", id, ok: false, error });
  }

  #say(frame: ServerFrame): void {
    this.#emit("message", { data: JSON.stringify(frame) });
  }

  #lose(code: number, reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#emit("close", { code, reason });
  }

  /** Carries out the changes one after the other, each when all that was due to the one before has come. */
  #next(): void {
    while (this.#settled && !this.#closed) {
      const frame = this.#changes.shift();
      if (frame === undefined) return;
      if (frame.type === "subscribe") this.#subscribe(frame);
      else if (frame.type === "unsubscribe") this.#unsubscribe(frame);
      else void this.#signIn(frame);
    }
  }

  /** With another token than before the stream is made anew, so that it lives as long as that one. */
  async #signIn({ id, token }: Auth): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    if (this.#headers.authorization !== headers.authorization) {
      this.#headers = headers;
      this.#me = null;
      this.#goOn();
    }
    if (this.#me === null && !(await this.#greet())) return;
    this.#say({ type: "reply", id, ok: true, ...this.#me });
  }

  #subscribe(frame: Subscribe): void {
    const { id, filters, since, snapshot = false, presence = false } = frame;
    const keep = this.#filters.all;
    this.#filters.add(frame);
    this.#presence ||= presence;
    const ids = keep.length === 0 ? [id] : [null, id];
    this.#restart({ keep, begin: filters, beginSince: since, snapshot, ids, asked: frame });
  }

  #unsubscribe(frame: Unsubscribe): void {
    this.#filters.remove(frame);
    this.#goOn();
    this.#say({ type: "reply", id: frame.id, ok: true, position: this.#position });
  }

  /** The stream anew with the filters that are left. */
  #goOn(): void {
    const keep = this.#filters.all;
    const nothing = { begin: [], beginSince: undefined, snapshot: false, ids: [null], asked: null };
    if (keep.length > 0) this.#restart({ keep, ...nothing });
    else {
      this.#stream?.abort.abort();
      this.#stream = null;
      this.#presence = false;
      this.#settled = true;
      this.#rest();
    }
  }

  #restart(wanted: Omit<Stream, "since" | "presence" | "options" | "due" | "abort">): void {
    this.#stream?.abort.abort();
    this.#settled = false;
    clearInterval(this.#asking);
    const stream = {
      ...wanted,
      since: this.#position,
      presence: this.#presence,
      options: this.#filters.options,
      due: new Set<string>(),
      abort: new AbortController(),
    };
    this.#stream = stream;
    void this.#run(stream);
  }

  async #run(stream: Stream): Promise<void> {
    const answer = await this.#ask(`events?${queryOf(stream)}`, { signal: stream.abort.signal });
    if (answer === null || stream !== this.#stream) return;
    if (!answer.ok || answer.body === null) {
      const error = await refusalIn(answer);
      if (stream === this.#stream) this.#refused(stream, answer.status, error);
      return;
    }
    try {
      await this.#read(stream, answer.body);
    } catch (error) {
      if (stream === this.#stream) this.#lose(BROKEN, String(error));
    }
  }

  async #read(stream: Stream, body: ReadableStream<Uint8Array>): Promise<void> {
    const blocks = new EventBlocks();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (stream !== this.#stream) return;
      if (done) return this.#lose(BROKEN, "The event stream ended.");
      for (const block of blocks.push(decoder.decode(value, { stream: true }))) {
        this.#take(stream, block);
        // A listener may have asked for other filters: what is left of this stream comes again on the next.
        if (stream !== this.#stream) return;
      }
    }
  }

  #take(stream: Stream, block: EventBlock): void {
    if (block.event === "close") this.#closedByHub(block.data);
    else if (block.event === "reply") this.#replied(stream, block.data);
    else {
      if (block.id !== null) this.#position = block.id;
      if (block.event === "heartbeat") stream.due.clear();
      else if (block.id !== null) stream.due.delete(block.id);
      this.#emit("message", { data: block.data });
    }
    if (stream !== this.#stream || stream.ids.length > 0 || stream.due.size > 0 || this.#settled) return;
    this.#settled = true;
    this.#next();
  }

  #replied(stream: Stream, data: string): void {
    const reply = JSON.parse(data) as OkReply;
    const { position = "", recovered } = reply;
    const id = stream.ids.shift() ?? null;
    const follows = recovered === undefined && !stream.snapshot;
    if (!follows) stream.due.add(position);
    else if (stream.keep.length === 0) this.#position = position;
    if (id !== null) this.#say({ ...reply, id });
    else if (recovered === false) this.#say({ type: "gap", position });
  }

  #refused(stream: Stream, status: number, error: HubRefusal | null): void {
    const { asked } = stream;
    if (error === null || asked === null || isOfTheLink(status)) {
      this.#refusedAltogether(status, error);
      return;
    }
    // What was asked for is refused; what was there before goes on.
    this.#filters.remove(asked);
    this.#goOn();
    this.#say({ type: "reply", id: asked.id, ok: false, error });
    this.#next();
  }

  #refusedAltogether(status: number, error: HubRefusal | null): void {
    this.#lose(closeCode(status, error), error?.message ?? `The hub answered ${status}.`);
  }

  #closedByHub(data: string): void {
    const { code, message } = JSON.parse(data) as { code: number; message: string };
    this.#lose(code, message);
  }

  async #publish({ id, topic, data }: Publish): Promise<void> {
    await this.#command(id, "api/events", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ topic, data }),
    });
  }

  async #tellPresence({ id, topic }: Presence): Promise<void> {
    await this.#command(id, `api/presence?${new URLSearchParams({ topic })}`, {});
  }

  /** A request whose answer is that to a frame. */
  async #command(id: number, path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<void> {
    const answer = await this.#ask(path, init);
    if (answer === null) return;
    try {
      const error = answer.ok ? null : await refusalIn(answer);
      if (error !== null) this.#say({ type: "reply", id, ok: false, error });
      else this.#say({ type: "reply", id, ok: true, ...((await answer.json()) as Partial<OkReply>) });
    } catch {
      // Neither the hub's yes nor its no: with the link, the outcome becomes unknown.
      this.#lose(BROKEN, `The hub answered ${answer.status}.`);
    }
  }

  /** Whether the hub is there and knows who asks; else it is lost. */
  async #greet(): Promise<boolean> {
    const answer = await this.#ask("api/me", {});
    if (answer === null) return false;
    if (answer.ok) {
      this.#me = await meIn(answer);
      return true;
    }
    this.#refusedAltogether(answer.status, await refusalIn(answer));
    return false;
  }

  /** Asks now and then, as long as there is no stream. */
  #rest(): void {
    clearInterval(this.#asking);
    const ask = async () => {
      if ((await this.#greet()) && !this.#closed) this.#say({ type: "reply", id: 0, ok: true });
    };
    this.#asking = setInterval(() => void ask(), ASK_MS);
  }

  /** The hub's answer; null where there is none, and then the link is lost, or not wanted any more. */
  async #ask(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response | null> {
    try {
      const headers = { ...this.#headers, ...init.headers };
      return await this.#fetch(new URL(path, this.#url).href, { cache: "no-store", ...init, headers });
    } catch (error) {
      if (init.signal?.aborted !== true) this.#lose(BROKEN, String(error));
      return null;
    }
  }
}

function queryOf(stream: Stream): URLSearchParams {
  const { keep, since, begin, beginSince, snapshot, presence, options } = stream;
  const alone = keep.length === 0;
  const query = new URLSearchParams();
  for (const filter of keep) query.append("filter", filter);
  for (const filter of begin) query.append(alone ? "filter" : "begin", filter);
  if (!alone) query.set("since", since);
  if (beginSince !== undefined) query.set(alone ? "since" : "begin_since", beginSince);
  if (options.where) query.set("where", JSON.stringify(options.where));
  for (const field of options.fields ?? []) query.append("fields", field);
  if (options.max_rate !== undefined) query.set("max_rate", String(options.max_rate));
  if (presence) query.set("presence", "1");
  if (snapshot) query.set("snapshot", "1");
  return query;
}

/** Whether an answer says no to whatever is asked, not to this. */
function isOfTheLink(status: number): boolean {
  return status === UNAUTHORIZED || status === TOO_MANY || status >= FIRST_SERVER_ERROR;
}

/** Who is signed in; null where the answer does not say it. */
async function meIn(answer: Response): Promise<Me | null> {
  const me = (await answer.json().catch(() => null)) as Partial<Me> | null;
  if (typeof me?.user !== "string" || typeof me.role !== "string" || typeof me.expires !== "number") return null;
  return { user: me.user, role: me.role, expires: me.expires };
}

/** The error of an answer, where it is the hub's own and not of something before it. */
async function refusalIn(answer: Response): Promise<HubRefusal | null> {
  try {
    const { error } = (await answer.json()) as { error: HubRefusal };
    return typeof error.code === "number" ? error : null;
  } catch {
    return null;
  }
}

/** The close code by which a WebSocket would have ended. */
function closeCode(status: number, error: HubRefusal | null): number {
  if (error === null) return BROKEN;
  if (error.name === "token_expired") return CLOSE_CODES.expired.number;
  if (error.name === "unauthorized") return CLOSE_CODES.no_sign_in.number;
  if (status === UNAUTHORIZED) return CLOSE_CODES.invalid_token.number;
  if (error.name === "permission_denied") return CLOSE_CODES.permission_denied.number;
  return status === TOO_MANY ? CLOSE_CODES.too_many_requests.number : BROKEN;
}

/** Opens an event stream in the place of a WebSocket. */
export function openEventStream(url: string, protocols: readonly string[], fetch: Fetch): EventStreamSocket {
  const socket = new EventStreamSocket(url, protocols, fetch);
  void socket.begin();
  return socket;
}
