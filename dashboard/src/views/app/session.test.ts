import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Session } from "./session.ts";

const NOW = Date.UTC(2026, 10, 22);
const HOUR_MS = 3_600_000;
const ANNA = { user: "anna", role: "operator", expires: (NOW + 8 * HOUR_MS) / 1000 } as const;

type Answer = { status: number; body: unknown } | "no answer";

let answers: Record<string, Answer>;
let asked: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  answers = {};
  asked = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    const answer = answers[path] ?? "no answer";
    if (answer === "no answer") throw new TypeError("Failed to fetch");
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("Session", () => {
  it("begins with who is signed in, or with nobody", async () => {
    const session = new Session();
    answers = { "/api/session": { status: 200, body: { me: null } } };
    await session.begin();
    expect(session.state.value).toBe("signed_out");
    answers = { "/api/session": { status: 200, body: { me: ANNA } } };
    await session.begin();
    expect([session.state.value, session.me.value]).toEqual(["signed_in", ANNA]);
  });

  it("asks again where the hub does not answer", async () => {
    const session = new Session();
    await session.begin();
    expect(session.state.value).toBe("unreachable");
    answers = { "/api/session": { status: 200, body: { me: ANNA } } };
    await vi.advanceTimersByTimeAsync(3_000);
    expect(session.state.value).toBe("signed_in");
  });

  it("is renewed at half of its life", async () => {
    const session = new Session();
    session.signedIn(ANNA);
    const later = { ...ANNA, expires: ANNA.expires + 4 * 3600 };
    answers = { "/api/me/refresh": { status: 200, body: later } };
    await vi.advanceTimersByTimeAsync(4 * HOUR_MS);
    expect(asked).toEqual(["/api/me/refresh"]);
    expect(session.me.value).toEqual(later);
  });

  it("ends where it can't be renewed, and keeps who it was", async () => {
    const session = new Session();
    session.signedIn(ANNA);
    answers = {
      "/api/me/refresh": { status: 401, body: { error: { code: 109, name: "token_expired", message: "…" } } },
      "/api/session": { status: 200, body: { me: null } },
    };
    await vi.advanceTimersByTimeAsync(4 * HOUR_MS);
    expect([session.state.value, session.me.value?.user]).toEqual(["ended", "anna"]);
  });

  it("tells whether a refused link is the end of the session", async () => {
    const session = new Session();
    session.signedIn(ANNA);
    expect(await session.check()).toBe(true);
    answers = { "/api/session": { status: 200, body: { me: ANNA } } };
    expect(await session.check()).toBe(true);
    answers = { "/api/session": { status: 200, body: { me: null } } };
    expect(await session.check()).toBe(false);
    expect(session.state.value).toBe("ended");
  });

  it("is not over where signing out did not reach the hub", async () => {
    const session = new Session();
    session.signedIn(ANNA);
    await expect(session.signOut()).rejects.toMatchObject({ unanswered: true });
    expect(session.state.value).toBe("signed_in");
  });
});
