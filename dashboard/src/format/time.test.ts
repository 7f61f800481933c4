import { describe, expect, it } from "vitest";
import en from "../i18n/en.json";
import { Language } from "../i18n/language.ts";
import ru from "../i18n/ru.json";
import { Times } from "./time.ts";

const NOW = Date.UTC(2026, 10, 22, 14, 2, 11, 250);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A number and its unit do not break; to read these tests it does not matter. */
const plain = (text: string) => text.replaceAll("\u00a0", " ");

const english = new Times(new Language("en", en, "en-GB"), "UTC");
const russian = new Times(new Language("ru", ru), "UTC");

describe("ages", () => {
  it.each([
    [-5 * SECOND, "now"],
    [0, "now"],
    [999, "now"],
    [12 * SECOND, "12 s"],
    [59_999, "59 s"],
    [4 * MINUTE, "4 min"],
    [3 * HOUR + 5 * MINUTE, "3 h 05 min"],
    [DAY - 1, "23 h 59 min"],
    [DAY, "21 Nov 14:02"],
  ])("%d ms ago", (passed, text) => {
    expect(plain(english.age(NOW - passed, NOW))).toBe(text);
  });

  it("do not break between a number and its unit", () => {
    expect(english.age(NOW - 3 * HOUR, NOW)).toBe("3\u00a0h 00\u00a0min");
  });

  it("follows the language", () => {
    expect(plain(russian.age(NOW - 3 * HOUR - 5 * MINUTE, NOW))).toBe("3 ч 05 мин");
  });
});

describe("lengths", () => {
  it.each([
    [DAY, "1 day"],
    [2.5 * DAY, "2 days"],
  ])("%d ms", (length, text) => {
    expect(plain(english.duration(length))).toBe(text);
  });

  it("never calls an interval now", () => {
    expect(plain(english.interval(20))).toBe("0.1 s");
    expect(plain(english.interval(240))).toBe("0.2 s");
    expect(plain(english.interval(10 * SECOND))).toBe("10 s");
    expect(plain(russian.interval(240))).toBe("0,2 с");
  });
});

describe("moments", () => {
  it("has the seconds of today and the day of others", () => {
    expect(english.at(NOW, NOW)).toBe("14:02:11");
    expect(english.at(NOW - DAY, NOW)).toBe("21 Nov 14:02");
    expect(english.at(NOW - 15 * HOUR, NOW)).toBe("21 Nov 23:02");
  });

  it("writes parts", () => {
    expect(english.minutes(NOW)).toBe("14:02");
    expect(english.day(NOW)).toBe("22 Nov");
    expect(english.exact(NOW)).toBe("22 Nov 14:02:11.250");
  });

  it("writes the marks of an axis by their distance", () => {
    expect(english.tick(NOW, 10 * SECOND)).toBe("14:02:11");
    expect(english.tick(NOW, MINUTE)).toBe("14:02");
    expect(english.tick(NOW, DAY)).toBe("22 Nov");
  });

  it("knows days of the person's zone", () => {
    const tokyo = new Times(new Language("en", en, "en-GB"), "Asia/Tokyo");
    const late = Date.UTC(2026, 10, 22, 14, 59);
    expect(tokyo.sameDay(late, late + 2 * MINUTE)).toBe(false);
    expect(english.sameDay(late, late + 2 * MINUTE)).toBe(true);
    expect(english.sameDay(late, late - 365 * DAY)).toBe(false);
  });
});
