import { describe, expect, it } from "vitest";
import { factsOf, plainFacts } from "./room_facts.ts";

const DATA = {
  version: 2,
  title: "Boiler",
  topic: "it leaks",
  private: true,
  members: ["anna", "ivan"],
  created_by: "anna",
  created: 5,
  archived: false,
  by: "ivan",
};

describe("facts of a room", () => {
  it("are those of its event", () => {
    const { created_by: createdBy, by: _, ...facts } = DATA;
    expect(factsOf(DATA)).toEqual({ ...facts, createdBy });
    expect(factsOf({ ...DATA, members: ["a", 1], private: 1, archived: 1 })).toMatchObject({
      members: ["a"],
      private: false,
      archived: false,
    });
  });

  it.each([["version"], ["created"], ["title"], ["topic"], ["created_by"], ["members"]])(
    "are none without %s",
    (name) => {
      expect(factsOf({ ...DATA, [name]: null })).toBeNull();
    },
  );

  it("are few of one that was only spoken in", () => {
    expect(plainFacts("ops")).toMatchObject({ version: 0, private: false, archived: false });
    expect(plainFacts("~ops").private).toBe(true);
  });
});
