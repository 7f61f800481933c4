import { describe, expect, it } from "vitest";
import { type Circumstances, type Freshness, freshness, isSilent } from "./freshness.ts";

const LIVE: Circumstances = {
  replaying: false,
  ageMs: 300,
  proved: true,
  connectivity: "online",
  silent: null,
  intervalMs: 10_000,
  gap: false,
};
const SILENT = { ageMs: 30_001 };

describe("freshness", () => {
  it.each<[string, Partial<Circumstances>, Freshness]>([
    ["all is well", {}, { state: "live" }],
    ["connectivity is not known", { connectivity: null }, { state: "live" }],
    ["values before are missing", { gap: true }, { state: "gap" }],
    ["it is silent", SILENT, { state: "stale", reason: "silent" }],
    ["the hub says that it is silent", { connectivity: "stale" }, { state: "stale", reason: "silent" }],
    ["the hub says that a key is silent", { silent: true }, { state: "stale", reason: "silent" }],
    ["the hub says that it is not silent", { ...SILENT, silent: false }, { state: "live" }],
    ["silence beats a gap", { ...SILENT, gap: true }, { state: "stale", reason: "silent" }],
    ["offline beats silence", { ...SILENT, gap: true, connectivity: "offline" }, { state: "offline" }],
    ["the link beats offline", { proved: false, connectivity: "offline" }, { state: "stale", reason: "link" }],
    ["no value beats the link", { ageMs: null, proved: false, connectivity: "offline" }, { state: "none" }],
    ["replay beats all", { replaying: true, ageMs: null, proved: false }, { state: "replaying" }],
  ])("%s", (_name, circumstances, expected) => {
    expect(freshness({ ...LIVE, ...circumstances })).toEqual(expected);
  });

  it("is the same object for the same state", () => {
    expect(freshness(LIVE)).toBe(freshness({ ...LIVE, ageMs: 4 }));
  });
});

describe("isSilent", () => {
  it.each([
    [30_000, 10_000, false],
    [30_001, 10_000, true],
    [5099, 100, false],
    [5100, 100, true],
    [7500, 2500, false],
    [7501, 2500, true],
    [Number.MAX_SAFE_INTEGER, null, false],
  ])("after %d ms of one that comes every %s ms: %s", (ageMs, intervalMs, expected) => {
    expect(isSilent(ageMs, intervalMs)).toBe(expected);
  });
});
