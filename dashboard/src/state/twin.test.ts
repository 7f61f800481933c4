import { describe, expect, it } from "vitest";
import { NO_TWIN, readTwin, takeTwin, twinRows } from "./twin.ts";

const EVENT = {
  version: 2,
  desired: { setpoint: 21, mode: "heat" },
  reported: { setpoint: 19.5 },
  delta: { setpoint: 21, mode: "heat" },
  since: { setpoint: 1000, mode: 1000 },
  apart: { setpoint: 1000, mode: 2000 },
  by: "anna",
};

describe("a twin", () => {
  it("is read from its event", () => {
    const twin = readTwin(EVENT);
    expect(twin).toMatchObject({ version: 2, by: "anna", desired: EVENT.desired });
    expect(twinRows(twin)).toEqual([
      { key: "mode", desired: "heat", reported: null, apart: 2000 },
      { key: "setpoint", desired: 21, reported: 19.5, apart: 1000 },
    ]);
    expect(twinRows({ ...twin, apart: {} }).map(({ apart }) => apart)).toEqual([null, null]);
  });

  it("is nothing where its data are of other types", () => {
    expect(readTwin({ version: "2", desired: { a: [1], b: 1 }, reported: 4, since: { b: "x" }, by: 3 })).toEqual({
      ...NO_TWIN,
      desired: { b: 1 },
    });
  });

  it("takes later changes, and of two of one version the first", () => {
    const first = readTwin(EVENT);
    expect(takeTwin(NO_TWIN, first)).toBe(first);
    const earlier = readTwin({ ...EVENT, version: 1 });
    expect(takeTwin(first, earlier)).toBe(first);
    const news = readTwin({ ...EVENT, reported: { setpoint: 21 }, apart: { mode: 2000 } });
    expect(takeTwin(first, news)).toBe(news);
    const other = readTwin({ ...EVENT, since: { setpoint: 1001, mode: 1000 } });
    expect(takeTwin(first, other)).toBe(first);
    expect(takeTwin(first, readTwin({ ...EVENT, since: { setpoint: 1000 } }))).toBe(first);
  });
});
