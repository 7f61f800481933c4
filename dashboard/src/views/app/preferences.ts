import { type Signal, signal } from "@preact/signals";
import type { LanguageCode } from "../../i18n/language.ts";

export type Theme = "system" | "light" | "dark";
export type Density = "auto" | "comfortable" | "dense";

const KEY = "hub.preferences";

interface Stored {
  language?: LanguageCode | undefined;
  theme?: Theme;
  density?: Density;
  letters?: boolean;
}

/** Reads a JSON object from the browser's storage; an empty one where storage is closed or holds something else. */
export function readStored<T extends object>(key: string): Partial<T> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Partial<T>) : {};
  } catch {
    return {};
  }
}

/** Keeps a JSON object in the browser's storage, where there is one. */
export function writeStored(key: string, value: object): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A private window may have no storage: what was chosen holds until it is closed.
  }
}

/** What a person has chosen for this browser: kept in its storage, never in the URL. */
export class Preferences {
  readonly language: Signal<LanguageCode | undefined>;
  readonly theme: Signal<Theme>;
  readonly density: Signal<Density>;
  /** Whether single letters are shortcuts (WCAG 2.1.4). */
  readonly letters: Signal<boolean>;

  constructor() {
    const stored = readStored<Stored>(KEY);
    this.language = signal(stored.language);
    this.theme = signal(stored.theme ?? "system");
    this.density = signal(stored.density ?? "auto");
    this.letters = signal(stored.letters ?? true);
  }

  setTheme(theme: Theme): void {
    this.theme.value = theme;
    this.#keep();
  }

  setDensity(density: Density): void {
    this.density.value = density;
    this.#keep();
  }

  setLanguage(language: LanguageCode): void {
    this.language.value = language;
    this.#keep();
  }

  setLetters(letters: boolean): void {
    this.letters.value = letters;
    this.#keep();
  }

  /** Puts theme and density on the page; the style sheets do the rest. */
  apply(): void {
    const root = document.documentElement;
    if (this.theme.value === "system") delete root.dataset.theme;
    else root.dataset.theme = this.theme.value;
    root.dataset.density = this.density.value;
  }

  #keep(): void {
    this.apply();
    writeStored(KEY, {
      language: this.language.value,
      theme: this.theme.value,
      density: this.density.value,
      letters: this.letters.value,
    });
  }
}
