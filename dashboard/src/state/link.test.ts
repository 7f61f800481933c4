import { describe, expect, it } from "vitest";
import type { RecoveryDetail, StateDetail } from "../client/index.ts";
import { type LinkInput, type LinkModel, linkModel, reduceLink } from "./link.ts";

const state = (detail: Partial<StateDetail> & Pick<StateDetail, "state">): LinkInput => ({
  type: "state",
  detail: { final: false, ...detail },
});
const recovery = (detail: RecoveryDetail): LinkInput => ({ type: "recovery", detail });

/** The model after inputs that come a second apart, the first at 1000. */
function modelAfter(...inputs: LinkInput[]): LinkModel {
  return inputs.reduce((model, input, i) => reduceLink(model, input, (i + 1) * 1000), linkModel(0));
}

const CONNECTING = state({ state: "connecting" });
const CONNECTED = state({ state: "connected" });
const LOST = state({ state: "disconnected", code: 1006, reason: "gone", lostSince: 2500, retryAt: 9000 });
const TRYING = state({ state: "connecting", lostSince: 2500 });
const BACK = state({ state: "connected", lostSince: 2500 });

describe("phases", () => {
  it.each<[string, LinkInput[], Partial<LinkModel>]>([
    ["before anything", [], { phase: "connecting", since: 0, recovery: null }],
    ["connecting", [CONNECTING], { phase: "connecting", since: 0, retryAt: null }],
    [
      "a first try that failed",
      [CONNECTING, state({ state: "disconnected", reason: "no", retryAt: 5000 })],
      { phase: "connecting", since: 0, retryAt: 5000, reason: "no" },
    ],
    ["connected", [CONNECTING, CONNECTED], { phase: "live", since: 2000, reason: null }],
    ["lost", [CONNECTING, CONNECTED, LOST], { phase: "lost", since: 2500, retryAt: 9000, reason: "gone" }],
    [
      "trying again",
      [CONNECTING, CONNECTED, LOST, TRYING],
      { phase: "lost", since: 2500, retryAt: null, reason: "gone" },
    ],
    ["back", [CONNECTED, LOST, TRYING, BACK], { phase: "catching_up", since: 4000, caughtUp: 0, reason: null }],
    ["back with nothing to recover", [CONNECTED, LOST, TRYING, CONNECTED], { phase: "live", since: 4000 }],
    ["lost while catching up", [CONNECTED, LOST, BACK, LOST], { phase: "lost", since: 2500 }],
    [
      "closed by the page",
      [CONNECTED, state({ state: "disconnected", reason: "closed", final: true })],
      { phase: "closed" },
    ],
    ...[3005, 3500, 3502].map((code): [string, LinkInput[], Partial<LinkModel>] => [
      `ended with ${code}`,
      [CONNECTED, state({ state: "disconnected", code, final: true })],
      { phase: "signed_out", since: 2000 },
    ]),
    ["forbidden", [CONNECTED, state({ state: "disconnected", code: 3507, final: true })], { phase: "refused" }],
  ])("%s", (_name, inputs, expected) => {
    expect(modelAfter(...inputs)).toMatchObject(expected);
  });
});

describe("recovery", () => {
  it("is complete when all that was missed has come; until then what comes is counted", () => {
    const events: LinkInput = { type: "events", count: 20 };
    const model = modelAfter(CONNECTED, LOST, BACK, events, events);
    expect(model).toMatchObject({ phase: "catching_up", caughtUp: 40 });
    const back = reduceLink(model, recovery({ recovered: true, from: "a-1", lostSince: 2500 }), 6000);
    expect(back).toMatchObject({ phase: "live", since: 6000, recovery: { kind: "complete", lostMs: 3500, at: 6000 } });
    expect(reduceLink(back, events, 7000)).toBe(back);
  });

  it("is partial where something is lost", () => {
    expect(
      modelAfter(CONNECTED, LOST, BACK, recovery({ recovered: false, from: "a-1", lostSince: 2500 })),
    ).toMatchObject({
      phase: "live",
      recovery: { kind: "partial", lostMs: 1500, at: 4000 },
    });
  });

  it("on a living link is worth a word only where something is missing", () => {
    expect(modelAfter(CONNECTED, recovery({ recovered: true, from: "a-1" }))).toMatchObject({
      phase: "live",
      since: 1000,
      recovery: null,
    });
    expect(modelAfter(CONNECTED, recovery({ recovered: false, from: "a-1" }))).toMatchObject({
      phase: "live",
      recovery: { kind: "partial", lostMs: null, at: 2000 },
    });
  });

  it("a gap is a partial one", () => {
    expect(modelAfter(CONNECTED, { type: "gap" })).toMatchObject({
      recovery: { kind: "partial", lostMs: null, at: 2000 },
    });
  });
});

describe("lag and combining", () => {
  const heartbeat = (lagMs: number): LinkInput => ({ type: "heartbeat", detail: { position: "a-1", lagMs } });
  const combined = (on: boolean): LinkInput => ({ type: "combined", combined: on });

  it.each([
    [heartbeat(120), { lagMs: 120 }],
    [combined(true), { combined: true }],
  ])("is told: %j", (input, expected) => {
    const model = modelAfter(CONNECTED, input);
    expect(model).toMatchObject(expected);
    expect(reduceLink(model, input, 9000)).toBe(model);
  });

  it("ends with the link", () => {
    expect(modelAfter(CONNECTED, heartbeat(120), combined(true), LOST)).toMatchObject({ lagMs: 0, combined: false });
  });
});
