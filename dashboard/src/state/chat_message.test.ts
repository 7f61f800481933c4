import { describe, expect, it } from "vitest";
import { changed, changeOf, messageOf, messageOfEntry, newer } from "./chat_message.ts";

const ID = "0m3vbj0lg00b8";
const say = (data: Record<string, unknown>, time = 5) => messageOf({ topic: "chat/ops", time, data });
const does = (data: Record<string, unknown>, received?: number) =>
  changeOf({ topic: "chat/ops", time: 5, ...(received === undefined ? {} : { received }), data });

const MESSAGE = {
  id: ID,
  author: "anna",
  text: "@ivan look",
  time: 5,
  replyTo: "0m3vbj0lf00a7",
  mentions: ["ivan"],
  moment: { position: "k3v9-1041", device: "kitchen", key: "temperature", time: 1_732_412_345_120 },
  edited: null,
  deleted: null,
};

describe("a message", () => {
  it("is what its event says", () => {
    const { replyTo: reply_to, edited: _, deleted: __, time, ...said } = MESSAGE;
    expect(say({ ...said, reply_to })).toEqual(MESSAGE);
    expect(messageOfEntry({ ...said, reply_to, time })).toEqual(MESSAGE);
  });

  it("has only what is well formed", () => {
    const odd = { text: "a", author: "b", id: ID, reply_to: 1, mentions: ["x", 2], moment: { position: "1" } };
    expect(say(odd)).toMatchObject({ replyTo: null, mentions: ["x"], moment: null });
    expect(say({ text: "a", author: "b", moment: "k3v9" })).toMatchObject({ mentions: [], moment: null });
    expect(say({ text: "a", author: "b", moment: { position: "k-1", device: "d" } })?.moment).toEqual({
      position: "k-1",
      device: "d",
    });
    const entry = { id: ID, time: 5, author: "b", text: "", deleted: { by: "c", time: 9 } };
    expect(messageOfEntry(entry)).toMatchObject({ replyTo: null, mentions: [], deleted: { by: "c", time: 9 } });
  });

  it("has the id that the hub makes where it has none", () => {
    const time = 1_732_412_345_121;
    expect(say({ text: "привет", author: "anna" }, time)?.id).toBe("0m3uxkwm9qej6");
    expect(say({ text: "привет", author: "anna", id: "short" }, time)?.id).toBe("0m3uxkwm9qej6");
  });

  it.each([{ text: "a" }, { author: "a" }, { edit: ID, text: "a", by: "b" }])("is not made of %j", (data) => {
    expect(say(data)).toBeNull();
  });
});

describe("a change", () => {
  it("is an edit or a deletion", () => {
    expect(does({ edit: ID, text: "b", by: "anna", mentions: ["olga"] }, 7)).toEqual({
      id: ID,
      text: "b",
      by: "anna",
      mentions: ["olga"],
      time: 7,
    });
    expect(does({ delete: ID })).toEqual({ id: ID, text: null, by: "", mentions: [], time: 5 });
    for (const data of [{ edit: ID }, { text: "a" }, {}]) expect(does(data)).toBeNull();
  });

  it("counts once, an older one not, and none after a deletion", () => {
    const edit = (text: string, time: number) => ({ id: ID, text, by: "anna", mentions: [], time });
    const first = changed(MESSAGE, edit("b", 7));
    expect(first).toMatchObject({ text: "b", mentions: [], edited: { by: "anna", time: 7 } });
    expect(changed(first, edit("b", 7))).toBe(first);
    expect(changed(first, edit("a", 6))).toBe(first);
    expect(changed(first, edit("c", 8)).text).toBe("c");
    const gone = changed(first, { id: ID, text: null, by: "root", mentions: [], time: 9 });
    expect(gone).toMatchObject({ text: "", moment: null, deleted: { by: "root", time: 9 } });
    expect(changed(gone, edit("d", 10))).toBe(gone);
  });
});

describe("of two states", () => {
  it("the one to which more was done is newer", () => {
    const edited = (time: number) => ({ ...MESSAGE, edited: { by: "anna", time } });
    const deleted = { ...MESSAGE, deleted: { by: "anna", time: 1 } };
    expect(newer(MESSAGE, edited(6)).edited?.time).toBe(6);
    expect(newer(edited(7), edited(6)).edited?.time).toBe(7);
    expect(newer(edited(7), MESSAGE).edited?.time).toBe(7);
    expect(newer(deleted, edited(6))).toBe(deleted);
    expect(newer(edited(6), deleted)).toBe(deleted);
  });
});
