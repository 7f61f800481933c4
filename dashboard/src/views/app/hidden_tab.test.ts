import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HiddenTab } from "./hidden_tab.ts";

class FakeDocument extends EventTarget {
  visibilityState = "visible";

  become(state: string): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

let page: FakeDocument;
let told: string[];

beforeEach(() => {
  vi.useFakeTimers();
  page = new FakeDocument();
  vi.stubGlobal("document", page);
  told = [];
  const subscribe = () => {
    told.push("subscribed");
    return () => told.push("closed");
  };
  new HiddenTab(subscribe, () => told.push("dropped")).start();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("HiddenTab", () => {
  it("drops telemetry after 30 s, and takes it again when the page is seen", () => {
    page.become("hidden");
    vi.advanceTimersByTime(29_999);
    expect(told).toEqual(["subscribed"]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual(["subscribed", "closed", "dropped"]);
    page.become("visible");
    expect(told).toEqual(["subscribed", "closed", "dropped", "subscribed"]);
  });

  it("forgets a glance away", () => {
    page.become("hidden");
    vi.advanceTimersByTime(20_000);
    page.become("visible");
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(["subscribed"]);
  });
});
