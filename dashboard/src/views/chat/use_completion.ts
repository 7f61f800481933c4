import type { RefObject } from "preact";
import { useState } from "preact/hooks";

const MAX_SHOWN = 6;
const BEGUN = /(?:^|[^\p{L}\p{N}@./-])@([^\s@]{0,40})$/u;

/** The name that is being typed behind an @, and where it begins. */
export function begunName(text: string, caret: number): { typed: string; at: number } | null {
  const typed = BEGUN.exec(text.slice(0, caret))?.[1];
  return typed === undefined ? null : { typed, at: caret - typed.length };
}

/** The names that begin with what was typed, or have it in them. */
export function matching(names: readonly string[], typed: string): string[] {
  const wanted = typed.toLocaleLowerCase();
  const found = names.filter((name) => name.toLocaleLowerCase().includes(wanted));
  const begins = (name: string) => Number(!name.toLocaleLowerCase().startsWith(wanted));
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, MAX_SHOWN);
}

export interface Completion {
  names: readonly string[];
  chosen: number;
  /** Looks again what is being typed. */
  look: () => void;
  take: (name: string) => void;
  /** Says whether the key was for the list. */
  onKey: (event: KeyboardEvent) => boolean;
  close: () => void;
}

interface CompletionOptions {
  field: RefObject<HTMLTextAreaElement>;
  people: () => string[];
  write: (text: string) => void;
}

/** Completes the names of people behind an @ in a field. */
export function useCompletion({ field, people, write }: CompletionOptions): Completion {
  const [names, setNames] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState(0);
  const close = () => setNames([]);
  const look = () => {
    const element = field.current;
    const begun = element && begunName(element.value, element.selectionStart);
    setNames(begun ? matching(people(), begun.typed) : []);
    setChosen(0);
  };
  const take = (name: string) => {
    const element = field.current;
    const begun = element && begunName(element.value, element.selectionStart);
    close();
    if (!element || !begun) return;
    element.setRangeText(`${name} `, begun.at, element.selectionStart, "end");
    write(element.value);
    element.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    const name = names[chosen];
    if (name === undefined || event.isComposing) return false;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") setChosen((chosen + 1) % names.length);
    else if (event.key === "ArrowUp") setChosen((chosen - 1 + names.length) % names.length);
    else if (event.key === "Tab" || event.key === "Enter") take(name);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { names, chosen, look, take, onKey, close };
}
