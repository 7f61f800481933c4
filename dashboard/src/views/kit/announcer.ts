import { type Signal, signal } from "@preact/signals";

const PAUSE_MS = 5_000;

/** Says one sentence per 5 s to those who listen; the newest of each subject wins meanwhile. Alarming ones go at once. */
export class Announcer {
  readonly status: Signal<string> = signal("");
  readonly alert: Signal<string> = signal("");
  readonly #waiting = new Map<string, string>();
  #quiet = false;

  /** Says a sentence when it is its turn; a later one of the same subject replaces it. */
  say(subject: string, sentence: string): void {
    this.#waiting.set(subject, sentence);
    if (!this.#quiet) this.#next();
  }

  /** Says at once what must not wait, such as a lost link; an empty sentence takes it back. */
  warn(sentence: string): void {
    this.alert.value = sentence;
  }

  #next(): void {
    const sentences = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#quiet = sentences.length > 0;
    if (!this.#quiet) return;
    this.status.value = sentences.join(" ");
    setTimeout(() => this.#next(), PAUSE_MS);
  }
}
