import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Commands, MAX_WAITING, type Outcome } from "./commands.ts";
import { hubError } from "./errors.ts";
import type { ClientFrame } from "./protocol.ts";

describe("Commands", () => {
  let sent: ClientFrame[] = [];
  let outcomes: Outcome[] = [];
  let commands: Commands;
  const issue = () =>
    commands.issue(
      (id) => ({ type: "unsubscribe", id, filters: ["#"] }),
      5000,
      (outcome) => outcomes.push(outcome),
    );

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    outcomes = [];
    commands = new Commands((frame) => sent.push(frame));
  });

  afterEach(() => vi.useRealTimers());

  it("numbers frames from 1 and gives each its own reply", () => {
    issue();
    issue();
    expect(sent.map(({ id }) => id)).toEqual([1, 2]);
    commands.take({ type: "reply", id: 2, ok: true, position: "a-2" });
    commands.take({ type: "reply", id: 1, ok: false, error: { code: 103, name: "permission_denied", message: "no" } });
    expect(outcomes).toMatchObject([
      { kind: "done", reply: { position: "a-2" } },
      { kind: "refused", error: { name: "permission_denied" } },
    ]);
  });

  it("settles once: by reply, by time or by a lost link", () => {
    issue();
    vi.advanceTimersByTime(5000);
    commands.take({ type: "reply", id: 1, ok: true });
    issue();
    commands.lose();
    commands.lose();
    vi.advanceTimersByTime(60_000);
    expect(outcomes).toEqual([{ kind: "timeout" }, { kind: "lost" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("passes over a refusal without an id", () => {
    issue();
    commands.take({ type: "reply", id: null, ok: false, error: { code: 107, name: "bad_request", message: "no" } });
    expect(outcomes).toEqual([]);
  });

  it("refuses what can't be sent, and what is too much", () => {
    const failing = new Commands(() => {
      throw hubError("too_large");
    });
    failing.issue(
      (id) => ({ type: "unsubscribe", id, filters: ["#"] }),
      5000,
      (outcome) => outcomes.push(outcome),
    );
    expect(outcomes).toMatchObject([{ kind: "refused", error: { name: "too_large" } }]);
    for (let i = 0; i < MAX_WAITING; i++) issue();
    expect(outcomes).toHaveLength(1);
    issue();
    expect(outcomes.at(-1)).toMatchObject({ kind: "refused", error: { name: "too_many_requests", retry: true } });
    expect(sent).toHaveLength(MAX_WAITING);
  });
});
