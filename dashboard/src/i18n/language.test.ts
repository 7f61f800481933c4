import { describe, expect, it } from "vitest";
import en from "./en.json";
import { chooseLanguage, chooseLocale, Language, loadLanguage, type MessageId } from "./language.ts";
import { type Message, namesIn, parseMessage } from "./message.ts";
import ru from "./ru.json";

const IDS = Object.keys(en) as MessageId[];

function pluralForms(message: Message): string[][] {
  return message.flatMap((part) => (typeof part === "string" || !part.forms ? [] : [Object.keys(part.forms)]));
}

describe("catalogues", () => {
  it("have the same ids", () => {
    expect(Object.keys(ru)).toEqual(IDS);
  });

  it.each(IDS)("%s takes the same values in both", (id) => {
    expect([...namesIn(parseMessage(ru[id]))].sort()).toEqual([...namesIn(parseMessage(en[id]))].sort());
  });

  it("have all plural forms of their languages", () => {
    for (const id of IDS) {
      for (const forms of pluralForms(parseMessage(en[id]))) expect(forms, id).toEqual(["one", "other"]);
      for (const forms of pluralForms(parseMessage(ru[id]))) expect(forms, id).toEqual(["one", "few", "many", "other"]);
    }
  });

  it("do not shout", () => {
    for (const sentence of [...Object.values(en), ...Object.values(ru)]) expect(sentence).not.toContain("!");
  });
});

describe("Language", () => {
  const english = new Language("en", en);

  it("speaks", () => {
    expect(english.text("devices.count", { n: 1 })).toBe("1 device");
    expect(english.text("devices.count", { n: 1204 })).toBe("1,204 devices");
    expect(new Language("ru", ru).text("devices.count", { n: 22 })).toBe("22 устройства");
  });

  it("knows which ids it has", () => {
    expect(english.textOf("error.conflict")).toBe("It is there already.");
    expect(english.textOf("error.of_tomorrow")).toBeNull();
    expect(english.textOf("toString")).toBeNull();
  });
});

describe("choosing", () => {
  it.each([
    [undefined, ["ru-RU", "en"], "ru"],
    [undefined, ["de", "ru"], "ru"],
    [undefined, ["de"], "en"],
    [undefined, [], "en"],
    ["en", ["ru"], "en"],
    ["xx", ["ru"], "ru"],
  ])("chosen %s, preferred %j", (chosen, preferred, code) => {
    expect(chooseLanguage(chosen, preferred)).toBe(code);
  });

  it("writes numbers as in the browser's variant of the language", () => {
    expect(chooseLocale("en", ["ru", "en-US"])).toBe("en-US");
    expect(chooseLocale("en", ["ru"])).toBe("en-GB");
    expect(chooseLocale("ru", [])).toBe("ru");
  });

  it("loads", async () => {
    expect((await loadLanguage("ru", [])).text("link.live")).toBe("Реальное время");
    expect((await loadLanguage("en", [])).locale).toBe("en-GB");
  });
});
