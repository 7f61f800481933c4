import { describe, expect, it } from "vitest";
import { countStates, formatQuery, type Listed, parseQuery, select } from "./query.ts";

const collator = new Intl.Collator("en", { numeric: true });

function listed(id: string, changes: Partial<Listed> = {}): Listed {
  return { id, name: id, family: "Tasmota", tags: [], state: "online", lastSeen: 0, ...changes };
}

const devices = [
  listed("pump-10", { name: "Pump 10", lastSeen: 30 }),
  listed("pump-3", { name: "Pump 3", state: "stale", lastSeen: 10 }),
  listed("cold", { name: "Cold room", family: "Zigbee2MQTT", state: "offline", lastSeen: null }),
  listed("new", { state: "unknown", lastSeen: 20 }),
];

function ids(query: Parameters<typeof select>[1]): string[] {
  return select(devices, query, collator).map(({ id }) => id);
}

describe("the query of a URL", () => {
  it.each([
    ["", { q: "", state: "all", sort: "name" }],
    ["?q=pump+3", { q: "pump 3", state: "all", sort: "name" }],
    ["?q=%C3%A9&state=offline&sort=age", { q: "é", state: "offline", sort: "age" }],
  ] as const)("%s goes both ways", (search, query) => {
    expect(parseQuery(new URLSearchParams(search))).toEqual(query);
    expect(formatQuery(query)).toBe(search);
  });

  it("takes the default for what it does not know", () => {
    expect(parseQuery({ state: "broken", sort: "colour" })).toEqual({ q: "", state: "all", sort: "name" });
  });
});

describe("select", () => {
  it("orders by name as people count, by state worst first, by age newest first", () => {
    expect(ids({ q: "", state: "all", sort: "name" })).toEqual(["cold", "new", "pump-3", "pump-10"]);
    expect(ids({ q: "", state: "all", sort: "state" })).toEqual(["cold", "pump-3", "new", "pump-10"]);
    expect(ids({ q: "", state: "all", sort: "age" })).toEqual(["pump-10", "new", "pump-3", "cold"]);
  });

  it("finds all words in name, id or family, whatever the case", () => {
    expect(ids({ q: "PUMP 3", state: "all", sort: "name" })).toEqual(["pump-3"]);
    expect(ids({ q: "zigbee cold", state: "all", sort: "name" })).toEqual(["cold"]);
    expect(ids({ q: "nothing", state: "all", sort: "name" })).toEqual([]);
  });

  it("filters by state", () => {
    expect(ids({ q: "", state: "stale", sort: "name" })).toEqual(["pump-3"]);
  });

  it("counts", () => {
    expect(countStates(devices)).toEqual({ all: 4, online: 1, stale: 1, offline: 1 });
  });
});
