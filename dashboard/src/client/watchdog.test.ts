import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StallDetector, Watchdog } from "./watchdog.ts";

describe("Watchdog", () => {
  let lastFrameAt = 0;
  let expired = 0;
  let skewMs = 0;
  const watchdog = new Watchdog({
    now: () => Date.now() + skewMs,
    lastFrameAt: () => lastFrameAt,
    expired: () => {
      expired += 1;
    },
  });

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    lastFrameAt = Date.now();
    expired = 0;
    skewMs = 0;
    watchdog.start();
  });

  afterEach(() => {
    watchdog.stop();
    vi.useRealTimers();
  });

  it("expires after a heartbeat and its slack without a frame", () => {
    vi.advanceTimersByTime(34_999);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it("waits on from the newest frame", () => {
    vi.advanceTimersByTime(20_000);
    lastFrameAt = Date.now();
    vi.advanceTimersByTime(34_999);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it("gives frames that wait behind a late timer time to arrive", () => {
    skewMs = 3_600_000;
    vi.advanceTimersByTime(35_000);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(expired).toBe(1);
  });

  it("goes on where they do arrive", () => {
    skewMs = 3_600_000;
    vi.advanceTimersByTime(35_000);
    lastFrameAt = Date.now() + skewMs;
    vi.advanceTimersByTime(10_000);
    expect(expired).toBe(0);
  });

  it("is silent when stopped, and begins anew when started again", () => {
    watchdog.stop();
    vi.advanceTimersByTime(100_000);
    expect(expired).toBe(0);
    watchdog.start();
    watchdog.start();
    lastFrameAt = 0;
    vi.advanceTimersByTime(35_000);
    expect(expired).toBe(1);
  });
});

describe("StallDetector", () => {
  const detect = (...heartbeats: [string, number][]) => {
    const detector = new StallDetector();
    return heartbeats.map(([position, lagMs]) => detector.observe(position, lagMs));
  };

  it.each([
    [
      "a quiet log",
      [
        ["a-1", 0],
        ["a-1", 0],
      ],
      [false, false],
    ],
    [
      "a position that moves though it lags",
      [
        ["a-1", 2000],
        ["a-2", 4000],
      ],
      [false, false],
    ],
    [
      "a lag that shrinks",
      [
        ["a-1", 9000],
        ["a-1", 8000],
      ],
      [false, false],
    ],
    [
      "a lag too small to mean anything",
      [
        ["a-1", 0],
        ["a-1", 40],
      ],
      [false, false],
    ],
    [
      "a position that stands still while the lag grows",
      [
        ["a-1", 0],
        ["a-1", 25_000],
      ],
      [false, true],
    ],
    [
      "on and on",
      [
        ["a-1", 0],
        ["a-1", 25_000],
        ["a-1", 50_000],
      ],
      [false, true, true],
    ],
  ] as [string, [string, number][], boolean[]][])("judges %s", (_name, heartbeats, expected) => {
    expect(detect(...heartbeats)).toEqual(expected);
  });

  it("forgets what it saw on another link", () => {
    const detector = new StallDetector();
    detector.observe("a-1", 0);
    detector.reset();
    expect(detector.observe("a-1", 25_000)).toBe(false);
  });
});
