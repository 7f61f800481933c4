import { describe, expect, it } from "vitest";
import en from "../../i18n/en.json";
import { Language } from "../../i18n/language.ts";
import { rowsInView } from "../kit/window.ts";
import { type Command, scoreOf, search } from "./commands.ts";
import { documentTitle } from "./document_title.ts";
import { isAt, pagesOf } from "./pages.ts";
import { Keymap } from "./shortcuts.ts";

function press(key: string, code: string, timeStamp = 0, held: { ctrlKey?: boolean } = {}) {
  return { key, code, timeStamp, ctrlKey: false, metaKey: false, altKey: false, ...held };
}

describe("Keymap", () => {
  const done: string[] = [];
  const shortcut = (key: string, code: string | null) => ({ key, code, run: () => void done.push(key) });
  const keymap = () => new Keymap([shortcut("/", "Slash"), shortcut("?", null)], [shortcut("d", "KeyD")]);

  it("knows keys by letter, and by place on other layouts", () => {
    expect(keymap().press(press("/", "Slash"))?.key).toBe("/");
    expect(keymap().press(press(".", "Slash"))?.key).toBe("/");
    expect(keymap().press(press("?", "Digit7"))?.key).toBe("?");
    expect(keymap().press(press("?", "Slash"))?.key).toBe("?");
    expect(keymap().press(press("x", "KeyX"))).toBeNull();
  });

  it("does not take another Latin letter for the one of its place", () => {
    const map = keymap();
    map.press(press("g", "KeyG"));
    expect(map.press(press("e", "KeyD"))).toBeNull();
  });

  it("takes the letter after g, also on a Cyrillic layout, for a while", () => {
    const map = keymap();
    expect(map.press(press("d", "KeyD"))).toBeNull();
    expect(map.press(press("п", "KeyG", 1000))).toBeNull();
    expect(map.press(press("в", "KeyD", 1200))?.key).toBe("d");
    map.press(press("g", "KeyG", 2000));
    expect(map.press(press("d", "KeyD", 4000))).toBeNull();
  });

  it("leaves the browser's shortcuts alone", () => {
    expect(keymap().press(press("/", "Slash", 0, { ctrlKey: true }))).toBeNull();
  });
});

describe("the palette", () => {
  const command = (name: string): Command => ({ name, kind: "device", run: () => undefined });

  it("fits at the begin of words best, then inside, then letters in order", () => {
    expect(scoreOf("Pump 3", "pump")).toBe(4);
    expect(scoreOf("Heat pump", "pump")).toBe(4);
    expect(scoreOf("Heatpump", "pump")).toBe(3);
    expect(scoreOf("Pump 3", "pp")).toBeGreaterThan(0);
    expect(scoreOf("Pump 3", "pp")).toBeLessThan(1);
    expect(scoreOf("Pump 3", "xyz")).toBe(0);
  });

  it("finds the best first, and all in order for nothing typed", () => {
    const commands = ["Heatpump", "Pump 3", "Kitchen"].map(command);
    expect(search(commands, " pump ", 5).map(({ name }) => name)).toEqual(["Pump 3", "Heatpump"]);
    expect(search(commands, "", 2).map(({ name }) => name)).toEqual(["Heatpump", "Pump 3"]);
  });
});

describe("the frame", () => {
  it("names the window", () => {
    const { text } = new Language("en", en);
    expect(documentTitle({ lost: false, unread: 0, page: "", text })).toBe("Hub");
    expect(documentTitle({ lost: false, unread: 2, page: "Chat", text })).toBe("(2) Chat · Hub");
    expect(documentTitle({ lost: true, unread: 2, page: "Chat", text })).toBe("⚠ (2) Chat · Hub");
  });

  it("knows where one is", () => {
    expect(isAt("/", "/devices")).toBe(false);
    expect(isAt("/", "/")).toBe(true);
    expect(isAt("/devices", "/devices/pump")).toBe(true);
    expect(isAt("/devices", "/devicesque")).toBe(false);
  });

  it("makes the rows in view, with some to spare", () => {
    const scroll = { top: 4000, height: 400, listTop: 100 };
    expect(rowsInView(scroll, 40, 1000)).toEqual({ start: 85, end: 120 });
    expect(rowsInView({ ...scroll, top: 0 }, 40, 1000)).toEqual({ start: 0, end: 20 });
    expect(rowsInView(scroll, 40, 90)).toEqual({ start: 85, end: 90 });
    expect(rowsInView({ ...scroll, top: 99_999 }, 40, 10)).toEqual({ start: 10, end: 10 });
  });
});

describe("pagesOf", () => {
  it("leaves out for viewers what only operators may use", () => {
    expect(pagesOf("viewer").map(({ path }) => path)).toEqual(["/", "/devices", "/chat"]);
    expect(pagesOf("operator").map(({ path }) => path)).toContain("/inbox");
  });
});
