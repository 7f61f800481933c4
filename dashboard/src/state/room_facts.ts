/** What a room is: its latest event on `room/<room>`, or nothing but a name where it was only spoken in. */

/** `created` is in ms since the epoch. Only private rooms have members. */
export interface RoomFacts {
  version: number;
  title: string;
  topic: string;
  private: boolean;
  members: readonly string[];
  createdBy: string;
  created: number;
  archived: boolean;
}

/** What the name of a private room begins with. */
export const PRIVATE = "~";

/** A room that was only spoken in. */
export function plainFacts(name: string): RoomFacts {
  return {
    version: 0,
    title: "",
    topic: "",
    private: name.startsWith(PRIVATE),
    members: [],
    createdBy: "",
    created: 0,
    archived: false,
  };
}

/** The facts of an event's data, or of a room as the API gives it; null where it is neither. */
export function factsOf(data: Readonly<Record<string, unknown>>): RoomFacts | null {
  const { version, title, topic, members, created_by: createdBy, created, archived } = data;
  const numbers = typeof version === "number" && typeof created === "number";
  const strings = typeof title === "string" && typeof topic === "string" && typeof createdBy === "string";
  if (!numbers || !strings || !Array.isArray(members)) return null;
  const named = members.filter((member) => typeof member === "string");
  return {
    version,
    title,
    topic,
    private: data.private === true,
    members: named,
    createdBy,
    created,
    archived: archived === true,
  };
}
