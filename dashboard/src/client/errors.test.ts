import { describe, expect, it } from "vitest";
import { CLOSE_CODES, ERROR_CODES } from "./codes.ts";
import { hubError, notConnected, reconnects, refused, unknownOutcome } from "./errors.ts";

describe("errors", () => {
  it("of the hub's table carry its number, sentence and whether trying again may help", () => {
    const error = hubError("not_available");
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 108, name: "not_available", retry: true });
    expect(error.message).toBe(ERROR_CODES.not_available.message);
    expect(hubError("internal", "It broke.", { cause: 1 })).toMatchObject({ message: "It broke.", cause: 1 });
  });

  it("of a reply keep what the hub says", () => {
    const known = refused({ code: 111, name: "too_many_requests", message: "Wait 3 s." });
    expect(known).toMatchObject({ code: 111, name: "too_many_requests", message: "Wait 3 s.", retry: true });
    expect(refused({ code: 999, name: "new", message: "?" })).toMatchObject({ code: 999, name: "new", retry: false });
  });

  it("of the client itself have numbers below the hub's", () => {
    expect(unknownOutcome("?")).toMatchObject({ code: 1, name: "unknown", retry: false });
    expect(notConnected()).toMatchObject({ code: 2, name: "not_connected", retry: true });
  });
});

describe("reconnects", () => {
  it.each(Object.values(CLOSE_CODES))("follows the table for $number", ({ number, reconnect }) => {
    expect(reconnects(number)).toBe(reconnect);
  });

  it.each([
    [1000, true],
    [1006, true],
    [1009, true],
    [3499, true],
    [3500, false],
    [3999, false],
    [4000, true],
  ])("follows the range for %d", (code, expected) => {
    expect(reconnects(code)).toBe(expected);
  });
});
