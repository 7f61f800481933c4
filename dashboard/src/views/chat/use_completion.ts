import type { RefObject } from "preact";
import { useState } from "preact/hooks";

const MAX_SHOWN = 6;
const NAME = /(?:^|[^\p{L}\p{N}@./-])@([^@\n]{0,40})$/u;
const SLASH = /^\/([a-z]*)$/;
const DEVICE = /^\/(?:cmd|moment) +(.{0,80})$/;

/** What is being typed that can be completed, and where it begins. */
export interface Begun {
  kind: "name" | "slash" | "device";
  typed: string;
  at: number;
}

/** Something to choose: how it is shown, and what it puts into the field. */
export interface Offer {
  label: string;
  text: string;
}

/** What is being typed at the caret: a name behind an @, a command behind a slash, or the device of one. */
export function begunAt(text: string, caret: number): Begun | null {
  const before = text.slice(0, caret);
  const kinds = [
    ["slash", SLASH],
    ["device", DEVICE],
    ["name", NAME],
  ] as const;
  for (const [kind, pattern] of kinds) {
    const typed = pattern.exec(before)?.[1];
    if (typed !== undefined) return { kind, typed, at: caret - typed.length };
  }
  return null;
}

/**
 * The names that begin with what was typed, or have it in them; behind a space only those that go on so. None where one
 * is there already: then Enter sends.
 */
export function matching(names: readonly string[], typed: string): string[] {
  const wanted = typed.toLocaleLowerCase();
  if (names.some((name) => name.toLocaleLowerCase() === wanted)) return [];
  const begins = (name: string) => name.toLocaleLowerCase().startsWith(wanted);
  const fits = wanted.includes(" ") ? begins : (name: string) => name.toLocaleLowerCase().includes(wanted);
  const found = names.filter(fits);
  return found.sort((a, b) => Number(!begins(a)) - Number(!begins(b))).slice(0, MAX_SHOWN);
}

export interface Completion {
  offers: readonly Offer[];
  chosen: number;
  /** Looks again what is being typed. */
  look: () => void;
  take: (offer: Offer) => void;
  /** Says whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean;
  close: () => void;
}

interface CompletionOptions {
  field: RefObject<HTMLTextAreaElement>;
  offersFor: (begun: Begun) => Offer[];
  write: (text: string) => void;
}

/** Completes what is being typed in a field. */
export function useCompletion({ field, offersFor, write }: CompletionOptions): Completion {
  const [offers, setOffers] = useState<readonly Offer[]>([]);
  const [chosen, setChosen] = useState(0);
  const close = () => setOffers([]);
  const look = () => {
    const element = field.current;
    const begun = element && begunAt(element.value, element.selectionStart);
    setOffers(begun ? offersFor(begun) : []);
    setChosen(0);
  };
  const take = ({ text }: Offer) => {
    const element = field.current;
    const begun = element && begunAt(element.value, element.selectionStart);
    close();
    if (!element || !begun) return;
    element.setRangeText(`${text} `, begun.at, element.selectionStart, "end");
    write(element.value);
    element.focus();
    // A command goes on with its device.
    if (begun.kind === "slash") look();
  };
  const onKey = (event: KeyboardEvent) => {
    const offer = offers[chosen];
    if (offer === undefined || event.isComposing) return false;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") setChosen((chosen + 1) % offers.length);
    else if (event.key === "ArrowUp") setChosen((chosen - 1 + offers.length) % offers.length);
    else if (event.key === "Tab" || event.key === "Enter") take(offer);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { offers, chosen, look, take, onKey, close };
}
