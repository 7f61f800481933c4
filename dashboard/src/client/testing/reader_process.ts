/**
 * A page without a page, for tests of the whole hub: `node reader_process.mjs URL` with the token in HUB_TOKEN and the
 * subscriptions, as JSON, in HUB_SUBSCRIPTIONS. What each gets is a line of JSON on standard output.
 */

import { Connection, type NarrowingOptions } from "../index.ts";

interface Wanted extends NarrowingOptions {
  filters: string[];
  snapshot: boolean;
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const wanted = JSON.parse(process.env.HUB_SUBSCRIPTIONS ?? "[]") as Wanted[];
const connection = new Connection({
  url: process.argv[2] ?? "",
  token: () => process.env.HUB_TOKEN ?? null,
  // The full wait is for crowds; a test is alone.
  random: () => Math.random() / 20,
  socket: (url, protocols) => new WebSocket(url, protocols),
});
connection.addEventListener("state", ({ detail }) => say({ state: detail.state, code: detail.code ?? null }));
connection.addEventListener("error", ({ detail }) => say({ error: detail.name, message: detail.message }));
for (const [which, { filters, ...options }] of wanted.entries()) {
  connection.subscribe(
    filters,
    {
      events: (events, info) =>
        say({ which, snapshot: info.snapshot, events: events.map(({ topic, data }) => [topic, data.n]) }),
      gap: () => say({ which, gap: true }),
    },
    options,
  );
}
connection.connect();
process.stdin.on("end", () => process.exit(0)).resume();
