/** Letters as shortcuts: bound by the letter and by the physical key, so that a Cyrillic layout works too. */

export interface Shortcut {
  /** The letter or sign as typed on a Latin layout. */
  key: string;
  /** The physical key; null where the sign's place differs by layout. */
  code: string | null;
  run: () => void;
}

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const PREFIX_MS = 1_500;

type KeyPress = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "timeStamp">;

/** Whether a key pressed here is meant as text, or belongs to something open above the page. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const checkable = target instanceof HTMLInputElement && ["radio", "checkbox"].includes(target.type);
  return (TYPING.has(target.tagName) && !checkable) || target.isContentEditable || target.closest("dialog") !== null;
}

/** Finds the shortcut of each key press; `g` waits 1.5 s for the letter of a page. */
export class Keymap {
  readonly #plain: readonly Shortcut[];
  readonly #afterG: readonly Shortcut[];
  #prefixAt = Number.NEGATIVE_INFINITY;

  constructor(plain: readonly Shortcut[], afterG: readonly Shortcut[]) {
    this.#plain = plain;
    this.#afterG = afterG;
  }

  /** The shortcut of this key press, if there is one. */
  press(event: KeyPress): Shortcut | null {
    if (event.ctrlKey || event.metaKey || event.altKey) return null;
    const afterG = event.timeStamp - this.#prefixAt <= PREFIX_MS;
    this.#prefixAt = Number.NEGATIVE_INFINITY;
    const among = afterG ? this.#afterG : this.#plain;
    // What is typed goes before where it is typed: on many keyboards ? is the key of / with Shift.
    const found =
      among.find(({ key }) => isKey(event, key, null)) ?? among.find(({ key, code }) => isKey(event, key, code));
    if (found !== undefined) return found;
    if (isKey(event, "g", "KeyG")) this.#prefixAt = event.timeStamp;
    return null;
  }
}

/** Whether a key press is this letter. The physical key counts only where the layout has other letters. */
export function isKey(event: Pick<KeyPress, "key" | "code">, key: string, code: string | null): boolean {
  if (event.key.toLowerCase() === key) return true;
  return code !== null && event.code === code && !/^[a-z]$/i.test(event.key);
}
