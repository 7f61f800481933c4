import { beforeEach, describe, expect, it } from "vitest";
import { type Frames, type Job, PaintClock } from "./clock.ts";

const FRAME_MS = 16;

/** Frames and timers that run when the test says so. */
class FakeFrames implements Frames {
  at = 1000;
  isHidden = false;
  frames: (() => void)[] = [];
  timers: { due: number; run: () => void }[] = [];

  now = () => this.at;
  time = () => 1_700_000_000_000 + this.at;
  hidden = () => this.isHidden;
  requestFrame = (callback: () => void) => {
    this.frames.push(callback);
  };
  setTimer = (callback: () => void, delay_ms: number) => {
    this.timers.push({ due: this.at + delay_ms, run: callback });
  };

  /** Lets time pass; a frame every 16 ms while the page is seen. */
  pass(length_ms: number): void {
    const end = this.at + length_ms;
    while (this.at < end) {
      this.at = Math.min(end, this.at + FRAME_MS);
      const due = this.timers.filter(({ due }) => due <= this.at);
      this.timers = this.timers.filter(({ due }) => due > this.at);
      for (const { run } of due) run();
      if (this.isHidden) continue;
      const frames = this.frames;
      this.frames = [];
      for (const frame of frames) frame();
    }
  }
}

let frames: FakeFrames;
let clock: PaintClock;
let painted: number[];
let job: Job;

beforeEach(() => {
  frames = new FakeFrames();
  clock = new PaintClock(frames);
  painted = [];
  job = () => painted.push(frames.at);
});

describe("the paint clock", () => {
  it("paints a lone change in the next frame", () => {
    clock.mark(job);
    frames.pass(FRAME_MS);
    expect(painted).toEqual([1016]);
  });

  it("does a job once, however often it was marked", () => {
    clock.mark(job);
    clock.mark(job);
    frames.pass(FRAME_MS);
    expect(painted).toHaveLength(1);
  });

  it("paints four times a second under load", () => {
    for (let i = 0; i < 200; i++) {
      clock.mark(job);
      frames.pass(10);
    }
    expect(painted.length).toBeGreaterThanOrEqual(7);
    expect(painted.length).toBeLessThanOrEqual(9);
  });

  it("asks for no frames while nothing is marked", () => {
    clock.mark(job);
    frames.pass(1000);
    expect(frames.frames).toHaveLength(0);
    expect(frames.timers).toHaveLength(0);
  });

  it("gives jobs the time, not the age of the page", () => {
    let time = 0;
    clock.mark((given) => {
      time = given;
    });
    frames.pass(FRAME_MS);
    expect(time).toBe(1_700_000_001_016);
  });

  it("makes changes in one batch", () => {
    let batches = 0;
    const batching = new PaintClock(frames, (work) => {
      batches++;
      work();
    });
    batching.mark(job);
    batching.mark(() => undefined);
    frames.pass(FRAME_MS);
    expect(batches).toBe(1);
  });
});

describe("the now lane", () => {
  it("does not wait for the paint clock, and leaves it its turn", () => {
    clock.mark(job);
    frames.pass(FRAME_MS);
    clock.mark(job);
    let soon = 0;
    clock.soon(() => {
      soon = frames.at;
    });
    frames.pass(FRAME_MS);
    expect(soon).toBe(1032);
    expect(painted).toHaveLength(1);
    frames.pass(300);
    expect(painted).toHaveLength(2);
  });

  it("goes on in a hidden tab, where there are no frames", () => {
    frames.isHidden = true;
    let soon = 0;
    clock.soon(() => {
      soon = frames.at;
    });
    clock.mark(job);
    frames.pass(1000);
    expect(soon).toBeGreaterThan(0);
    expect(painted).toHaveLength(0);
    frames.isHidden = false;
    clock.visibilityChanged();
    frames.pass(FRAME_MS);
    expect(painted).toHaveLength(1);
  });

  it("is not stuck on a frame that was asked for before the tab was hidden", () => {
    let soon = 0;
    clock.soon(() => {
      soon = frames.at;
    });
    frames.isHidden = true;
    clock.visibilityChanged();
    frames.pass(1000);
    expect(soon).toBeGreaterThan(0);
  });
});

describe("ticks", () => {
  it("come once a second for all together, until nobody wants them", () => {
    const stops = [clock.everySecond(job), clock.everySecond(() => undefined)];
    frames.pass(3100);
    expect(painted).toHaveLength(3);
    for (const stop of stops) stop();
    frames.pass(2000);
    expect(painted).toHaveLength(3);
    expect(frames.timers).toHaveLength(0);
  });

  it("are one chain, also where someone comes back", () => {
    const stop = clock.everySecond(job);
    stop();
    clock.everySecond(job);
    frames.pass(2100);
    expect(painted).toHaveLength(2);
  });

  it("rest in a hidden tab", () => {
    clock.everySecond(job);
    frames.isHidden = true;
    frames.pass(3000);
    expect(painted).toHaveLength(0);
  });
});

describe("a screen that does not keep up", () => {
  it("is painted less often, and says so, until it keeps up again", () => {
    const told: boolean[] = [];
    clock.onSlowed = (slowed) => told.push(slowed);
    let slow = true;
    const heavy: Job = () => {
      if (slow) frames.at += 60;
    };
    for (let i = 0; i < 700; i++) {
      clock.mark(heavy);
      frames.pass(FRAME_MS);
    }
    expect(clock.interval_ms).toBeGreaterThan(250);
    expect(told).toEqual([true]);
    slow = false;
    for (let i = 0; i < 3000; i++) {
      clock.mark(heavy);
      frames.pass(FRAME_MS);
    }
    expect(clock.interval_ms).toBe(250);
    expect(told).toEqual([true, false]);
  });
});
