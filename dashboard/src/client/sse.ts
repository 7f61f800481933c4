/** The wire where a WebSocket can't be had: an event stream, and requests for all else (docs/protocol.md, "SSE"). */

import { CLOSE_CODES } from "./codes.ts";
import { type EventBlock, EventBlocks } from "./event_blocks.ts";
import { type ClientFrame, type OkReply, type Refusal, type ServerFrame, TOKEN_SUBPROTOCOL } from "./protocol.ts";
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
type Publish = Extract<ClientFrame, { type: "publish" }>;

/** A stream that takes the place of the one before: filters that go on from a position, and filters that begin. */
interface Stream {
  keep: readonly string[];
  since: string;
  begin: readonly string[];
  snapshot: boolean;
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
export class EventStreamSocket implements WebSocketLike {
  readonly #url: URL;
  readonly #headers: Record<string, string>;
  readonly #fetch: Fetch;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #filters = new Set<string>();
  readonly #changes: (Subscribe | Unsubscribe)[] = [];
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

  /** Takes what a Connection sends: it signs in with the requests themselves, by token or cookie. */
  send(text: string): void {
    const frame = JSON.parse(text) as Subscribe | Unsubscribe | Publish;
    if (frame.type === "publish") void this.#publish(frame);
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
      else this.#unsubscribe(frame.id, frame.filters);
    }
  }

  #subscribe({ id, filters, since, snapshot = false }: Subscribe): void {
    const before = [...this.#filters];
    for (const filter of filters) this.#filters.add(filter);
    if (since !== undefined) this.#restart({ keep: [...this.#filters], since, begin: [], snapshot, ids: [id] });
    else if (before.length === 0) this.#restart({ keep: [], since: "", begin: filters, snapshot, ids: [id] });
    else this.#restart({ keep: before, since: this.#position, begin: filters, snapshot, ids: [null, id] });
  }

  #unsubscribe(id: number, filters: readonly string[]): void {
    for (const filter of filters) this.#filters.delete(filter);
    this.#goOn();
    this.#say({ type: "reply", id, ok: true, position: this.#position });
  }

  /** The stream anew with the filters that are left. */
  #goOn(): void {
    const keep = [...this.#filters];
    if (keep.length > 0) this.#restart({ keep, since: this.#position, begin: [], snapshot: false, ids: [null] });
    else {
      this.#stream?.abort.abort();
      this.#stream = null;
      this.#settled = true;
      this.#rest();
    }
  }

  #restart(wanted: Omit<Stream, "due" | "abort">): void {
    this.#stream?.abort.abort();
    this.#settled = false;
    clearInterval(this.#asking);
    const stream = { ...wanted, due: new Set<string>(), abort: new AbortController() };
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
    const id = stream.ids.at(-1) ?? null;
    if (error === null || id === null || isOfTheLink(status)) {
      this.#refusedAltogether(status, error);
      return;
    }
    // What was asked for is refused; what was there before goes on.
    const kept = new Set(stream.begin.length === 0 ? [] : stream.keep);
    for (const filter of [...stream.keep, ...stream.begin]) if (!kept.has(filter)) this.#filters.delete(filter);
    this.#goOn();
    this.#say({ type: "reply", id, ok: false, error });
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
    const answer = await this.#ask("api/events", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ topic, data }),
    });
    if (answer === null) return;
    try {
      const error = answer.ok ? null : await refusalIn(answer);
      if (error !== null) this.#say({ type: "reply", id, ok: false, error });
      else this.#say({ type: "reply", id, ok: true, ...((await answer.json()) as { position: string }) });
    } catch {
      // Neither the hub's yes nor its no: with the link, the outcome becomes unknown.
      this.#lose(BROKEN, `The hub answered ${answer.status}.`);
    }
  }

  /** Whether the hub is there and knows who asks; else it is lost. */
  async #greet(): Promise<boolean> {
    const answer = await this.#ask("api/me", {});
    if (answer === null) return false;
    if (answer.ok) return true;
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

function queryOf({ keep, since, begin, snapshot }: Stream): URLSearchParams {
  const alone = keep.length === 0;
  const query = new URLSearchParams();
  for (const filter of keep) query.append("filter", filter);
  for (const filter of begin) query.append(alone ? "filter" : "begin", filter);
  if (!alone) query.set("since", since);
  if (snapshot) query.set("snapshot", "1");
  return query;
}

/** Whether an answer says no to whatever is asked, not to this. */
function isOfTheLink(status: number): boolean {
  return status === UNAUTHORIZED || status === TOO_MANY || status >= FIRST_SERVER_ERROR;
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
