import { beforeEach, describe, expect, it } from "vitest";
import { Outbox } from "./outbox.ts";

const NOW = 1_000_000;

function failure(name: string): Error {
  return Object.assign(new Error(name), { name });
}

let sent: string[];
let whole: Readonly<Record<string, unknown>>[];
let answer: () => Promise<unknown>;
let outbox: Outbox;

beforeEach(() => {
  sent = [];
  whole = [];
  answer = () => Promise.resolve();
  outbox = new Outbox((room, said) => {
    sent.push(`${room}: ${said.text}`);
    whole.push(said);
    return answer();
  });
});

const states = () =>
  outbox.items.value.map(({ state, reason }) => (reason === undefined ? state : `${state} ${reason}`));

describe("Outbox", () => {
  it("forgets what has arrived", async () => {
    const writing = outbox.write("ops", { text: "hello" }, NOW);
    expect(states()).toEqual(["sending"]);
    await writing;
    expect(sent).toEqual(["ops: hello"]);
    expect(states()).toEqual([]);
  });

  it("sends what a message answers and what it points at", async () => {
    const said = { text: "look", reply_to: "0m3vbj0lg00b8", moment: { position: "k3v9-1041", device: "kitchen" } };
    await outbox.write("ops", said, NOW);
    await outbox.write("ops", { text: "plain" }, NOW);
    expect(whole).toEqual([said, { text: "plain" }]);
  });

  it("keeps what was refused, with the reason, until it is sent again or deleted", async () => {
    answer = () => Promise.reject(failure("permission_denied"));
    await outbox.write("ops", { text: "hello" }, NOW);
    await outbox.write("night", { text: "other" }, NOW);
    expect(states()).toEqual(["failed permission_denied", "failed permission_denied"]);
    const [item] = outbox.of("ops");
    answer = () => Promise.resolve();
    await outbox.retry(item?.id ?? 0);
    expect(outbox.of("ops")).toEqual([]);
    outbox.delete(outbox.of("night")[0]?.id ?? 0);
    expect(states()).toEqual([]);
  });

  it("sends what waited by itself, in order, but not after a minute", async () => {
    answer = () => Promise.reject(failure("not_connected"));
    await outbox.write("ops", { text: "old" }, NOW - 61_000);
    await outbox.write("ops", { text: "one" }, NOW);
    await outbox.write("ops", { text: "two" }, NOW);
    expect(states()).toEqual(["waiting", "waiting", "waiting"]);
    answer = () => Promise.resolve();
    sent = [];
    await outbox.linked(NOW + 1_000);
    expect(sent).toEqual(["ops: one", "ops: two"]);
    expect(states()).toEqual(["failed not_connected"]);
  });

  it("does not know what became of a message when the link broke, until it comes from the hub", async () => {
    answer = () => Promise.reject(failure("unknown"));
    await outbox.write("ops", { text: "hello" }, NOW);
    await outbox.linked(NOW);
    expect(states()).toEqual(["unknown"]);
    outbox.arrived("night", "hello", NOW);
    outbox.arrived("ops", "other", NOW);
    outbox.arrived("ops", "hello", NOW - 10 * 60_000);
    expect(states()).toEqual(["unknown"]);
    outbox.arrived("ops", "hello", NOW + 20);
    expect(states()).toEqual([]);
  });
});
