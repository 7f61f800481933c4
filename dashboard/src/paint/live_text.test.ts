import { beforeEach, describe, expect, it } from "vitest";
import { type Frames, PaintClock } from "./clock.ts";
import { Cells, TextCell } from "./live_text.ts";

let pending: (() => void)[];
let cells: Cells;

const frames: Frames = {
  now: () => 0,
  time: () => 42,
  hidden: () => false,
  requestFrame: (callback) => pending.push(callback),
  // The tick of ages is the clock's own test.
  setTimer: () => undefined,
};

function paint(): void {
  for (const run of pending.splice(0)) run();
}

beforeEach(() => {
  pending = [];
  cells = new Cells(new PaintClock(frames));
});

describe("TextCell", () => {
  it("has a signal for each text", () => {
    let degrees = 20;
    const cell = new TextCell((time) => ({ value: `${degrees} °C`, time: String(time) }), 1);
    expect(cell.texts.value.value).toBe("20 °C");
    degrees = 21;
    cell.update(2);
    expect(cell.texts.value.value).toBe("21 °C");
    expect(cell.texts.time.value).toBe("2");
  });
});

describe("Cells", () => {
  it("updates those of a touched slot, once a paint", () => {
    const updates: string[] = [];
    cells.follow(1, { update: (time) => updates.push(`one ${time}`) });
    cells.follow("kitchen", { update: () => updates.push("kitchen") });
    cells.touch(1);
    cells.touch(1);
    cells.touch(7);
    paint();
    expect(updates).toEqual(["one 42"]);
  });

  it("updates all where everything changed", () => {
    const updates: string[] = [];
    cells.follow(1, { update: () => updates.push("one") });
    cells.follow("kitchen", { update: () => updates.push("kitchen") });
    cells.touchAll();
    paint();
    expect(updates).toEqual(["one", "kitchen"]);
  });

  it("forgets a cell that is gone, also one that was touched", () => {
    const updates: string[] = [];
    const leave = cells.follow(1, { update: () => updates.push("one") });
    cells.follow(1, { update: () => updates.push("other") });
    cells.touch(1);
    leave();
    paint();
    expect(updates).toEqual(["other"]);
  });

  it("costs nothing while nothing is on the screen", () => {
    const leave = cells.follow(1, { update: () => undefined });
    leave();
    pending = [];
    cells.touchAll();
    cells.touch(1);
    expect(pending).toHaveLength(0);
  });
});
