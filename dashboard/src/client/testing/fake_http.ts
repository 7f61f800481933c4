/** HTTP that is played by a test: it records what is asked and answers what it is told to. */

import type { Fetch } from "../sse.ts";

/** One request, and its answer. */
export class FakeRequest {
  readonly url: URL;
  readonly init: RequestInit;
  readonly answer: Promise<Response>;
  resolve: (answer: Response) => void = () => undefined;
  reject: (reason: unknown) => void = () => undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(url: string, init: RequestInit) {
    this.url = new URL(url);
    this.init = init;
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    init.signal?.addEventListener("abort", () => {
      this.reject(init.signal?.reason);
      this.#body?.error(init.signal?.reason);
    });
  }

  get aborted(): boolean {
    return this.init.signal?.aborted === true;
  }

  /** The filters and other members of the query, as they stand in the URL. */
  get query(): [string, string][] {
    return [...this.url.searchParams];
  }

  json(body: unknown, status = 200): void {
    this.resolve(Response.json(body, { status }));
  }

  refuse(status: number, code: number, name: string): void {
    this.json({ error: { code, name, message: name } }, status);
  }

  /** Begins a stream; `block` and `end` go on with it. */
  begin(status = 200): void {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
    });
    this.resolve(new Response(body, { status }));
  }

  text(text: string): void {
    this.#body?.enqueue(new TextEncoder().encode(text));
  }

  block(frame: { type: string; position?: string }, options: { id?: string | null } = {}): void {
    const id = options.id === undefined && frame.type !== "reply" ? (frame.position ?? null) : (options.id ?? null);
    this.text(`event: ${frame.type}\n${id === null ? "" : `id: ${id}\n`}data: ${JSON.stringify(frame)}\n\n`);
  }

  end(): void {
    this.#body?.close();
  }

  break(): void {
    this.#body?.error(new Error("cut"));
  }
}

/** All requests, in their order. */
export class FakeHttp {
  readonly requests: FakeRequest[] = [];

  readonly fetch: Fetch = (url, init) => {
    const request = new FakeRequest(url, init);
    this.requests.push(request);
    return request.answer;
  };

  get newest(): FakeRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error("nothing was asked");
    return request;
  }
}
