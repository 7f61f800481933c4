import { afterEach, describe, expect, it, vi } from "vitest";
import { changeTwin } from "./twin_api.ts";

const asked: { path: string; init: RequestInit }[] = [];

function answers(status: number, body: object): void {
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push({ path, init });
    return new Response(JSON.stringify(body), { status });
  });
}

afterEach(() => {
  vi.unstubAllGlobals();
  asked.length = 0;
});

describe("changeTwin", () => {
  it("changes the version that it was made for", async () => {
    answers(200, { device: "a b", version: 4, desired: { mode: "off" }, reported: {}, since: { mode: 5 }, by: "anna" });
    const twin = await changeTwin("a b", { mode: "off", boost: null }, 3);
    expect([twin.version, twin.desired, twin.since]).toEqual([4, { mode: "off" }, { mode: 5 }]);
    const [{ path, init } = { path: "", init: {} }] = asked;
    expect(path).toBe("/api/devices/a%20b/twin");
    expect(init).toMatchObject({ method: "PATCH", headers: { "If-Match": '"3"' } });
    expect(JSON.parse(String(init.body))).toEqual({ desired: { mode: "off", boost: null } });
  });

  it("says by its own name that somebody was first", async () => {
    answers(409, { error: { code: 110, name: "conflict", message: "The twin has changed." } });
    await expect(changeTwin("a", {}, 3)).rejects.toMatchObject({ name: "twin_conflict" });
    answers(403, { error: { code: 103, name: "permission_denied", message: "No." } });
    await expect(changeTwin("a", {}, 3)).rejects.toMatchObject({ name: "permission_denied" });
  });
});
