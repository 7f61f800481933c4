import { describe, expect, it } from "vitest";
import { Beyond } from "./beyond.ts";

describe("events after the position", () => {
  it("are given once, however often a recovery brings them", () => {
    const beyond = new Beyond();
    expect(beyond.fresh([1, 2])).toEqual([1, 2]);
    beyond.rewind();
    expect(beyond.fresh([1])).toEqual([]);
    beyond.rewind();
    expect(beyond.fresh([1, 2, 3])).toEqual([3]);
    expect(beyond.fresh([4])).toEqual([4]);
  });

  it("are others when the position has moved", () => {
    const beyond = new Beyond();
    beyond.fresh([1, 2]);
    beyond.rewind();
    beyond.settle();
    expect(beyond.fresh([3])).toEqual([3]);
  });

  it("come again where they can't be counted, until the position moves", () => {
    const beyond = new Beyond();
    beyond.fresh([1]);
    beyond.uncount();
    expect(beyond.fresh([2])).toEqual([2]);
    beyond.rewind();
    expect(beyond.fresh([1, 2])).toEqual([1, 2]);
    beyond.settle();
    beyond.fresh([3]);
    beyond.rewind();
    expect(beyond.fresh([3])).toEqual([]);
  });
});
