import { expect, it } from "vitest";
import { StreamFilters } from "./stream_filters.ts";

const hot = { key: "t", op: "gt", value: 30 } as const;

it("has room for the options of a stream only where all are the same", () => {
  const filters = new StreamFilters();
  expect([filters.all, filters.options]).toEqual([[], {}]);
  filters.add({ type: "subscribe", id: 1, filters: ["a", "b"], where: hot, max_rate: 2 });
  expect([filters.all, filters.options]).toEqual([["a", "b"], { where: hot, max_rate: 2 }]);
  filters.add({ type: "subscribe", id: 2, filters: ["b", "c"] });
  expect([filters.all, filters.options]).toEqual([["a", "b", "c"], {}]);
  filters.remove({ type: "unsubscribe", id: 3, filters: ["b"], where: null });
  expect(filters.all).toEqual(["a", "b", "c"]);
  filters.remove({ type: "unsubscribe", id: 4, filters: ["c"] });
  expect([filters.all, filters.options]).toEqual([["a", "b"], { where: hot, max_rate: 2 }]);
  filters.remove({ type: "subscribe", id: 1, filters: ["a", "b"], where: hot, max_rate: 2 });
  expect(filters.all).toEqual([]);
});
