import { describe, expect, it } from "vitest";
import { disposeSymbol, FilterSubscription, Router } from "./subscription.ts";
import { event } from "./testing/fake_hub.ts";

function subscription(...filters: string[]): FilterSubscription {
  return new FilterSubscription(filters, { events: () => undefined }, {}, () => undefined);
}

describe("Router", () => {
  it("finds the subscriptions of a topic, and finds anew after each change", () => {
    const router = new Router();
    const all = subscription("#");
    const kitchen = subscription("telemetry/kitchen", "chat/+");
    router.add(all);
    expect(router.match("telemetry/kitchen")).toEqual([all]);
    router.add(kitchen);
    expect(router.match("telemetry/kitchen")).toEqual([all, kitchen]);
    expect(router.match("telemetry/kitchen")).toBe(router.match("telemetry/kitchen"));
    expect(router.match("telemetry/cellar")).toEqual([all]);
    router.delete(all);
    expect(router.match("telemetry/cellar")).toEqual([]);
    expect(router.all).toEqual([kitchen]);
  });

  it("remembers a bounded number of topics", () => {
    const router = new Router();
    router.add(subscription("telemetry/+"));
    const first = router.match("telemetry/0");
    for (let i = 1; i <= 10_000; i++) router.match(`telemetry/${i}`);
    const again = router.match("telemetry/0");
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });

  it("splits events by subscription, in their order, among those asked for", () => {
    const router = new Router();
    const all = subscription("#");
    const chat = subscription("chat/ops", "chat/#");
    const other = subscription("#");
    for (const each of [all, chat, other]) router.add(each);
    const [a, b, c] = [event("telemetry/a", 1), event("chat/ops", 2), event("chat/night", 3)];
    const parts = router.split([a, b, c], new Set([all, chat]));
    expect([...parts]).toEqual([
      [all, [a, b, c]],
      [chat, [b, c]],
    ]);
  });
});

describe("disposeSymbol", () => {
  it("is the language's, or the one that compiled `using` looks for", () => {
    expect(disposeSymbol(Symbol)).toBe(Symbol.dispose);
    expect(disposeSymbol({})).toBe(Symbol.for("Symbol.dispose"));
  });
});
