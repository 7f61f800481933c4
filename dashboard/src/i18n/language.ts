import en from "./en.json";
import { formatMessage, type Grammar, type Message, parseMessage, type Values } from "./message.ts";

export type MessageId = keyof typeof en;
export type Catalogue = Readonly<Record<MessageId, string>>;
export type LanguageCode = "en" | "ru";

export const LANGUAGES: Readonly<Record<LanguageCode, string>> = { en: "English", ru: "Русский" };

/** One language: its catalogue, plural rules and numbers. */
export class Language {
  readonly #messages = new Map<MessageId, Message>();
  readonly #grammar: Grammar;
  readonly code: LanguageCode;
  readonly locale: string;
  readonly #catalogue: Catalogue;

  constructor(code: LanguageCode, catalogue: Catalogue, locale: string = code) {
    this.code = code;
    this.locale = locale;
    this.#catalogue = catalogue;
    const rules = new Intl.PluralRules(code);
    const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
    this.#grammar = { plural: (count) => rules.select(count), number: (count) => numbers.format(count) };
  }

  /** The sentence of an id with its values put in. */
  readonly text = (id: MessageId, values: Values = {}): string => {
    let message = this.#messages.get(id);
    if (message === undefined) {
      message = parseMessage(this.#catalogue[id]);
      this.#messages.set(id, message);
    }
    return formatMessage(message, values, this.#grammar);
  };

  /** The sentence of an id that may be unknown here, such as one named by the hub; null where there is none. */
  textOf(id: string, values: Values = {}): string | null {
    return Object.hasOwn(this.#catalogue, id) ? this.text(id as MessageId, values) : null;
  }
}

/** The language to begin with: the chosen one, else the first of the browser's that is here, else English. */
export function chooseLanguage(chosen: string | undefined, preferred: readonly string[]): LanguageCode {
  for (const tag of [chosen ?? "", ...preferred]) {
    const code = tag.split("-")[0] ?? "";
    if (Object.hasOwn(LANGUAGES, code)) return code as LanguageCode;
  }
  return "en";
}

/** How numbers and dates are written: as in the browser's own variant of the language, where it has one. */
export function chooseLocale(code: LanguageCode, preferred: readonly string[]): string {
  return preferred.find((tag) => tag.split("-")[0] === code) ?? (code === "en" ? "en-GB" : code);
}

/** Loads a language; English is always here, the others come as a file of their own. */
export async function loadLanguage(code: LanguageCode, preferred: readonly string[]): Promise<Language> {
  const catalogue: Catalogue = code === "ru" ? (await import("./ru.json")).default : en;
  return new Language(code, catalogue, chooseLocale(code, preferred));
}
