import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "../app/app.ts";
import { isKey, isTyping } from "../shell/shortcuts.ts";

interface MessageKeys {
  /** The message that has the focus, or had it last. */
  current: string | null;
  onKeyDown: (event: KeyboardEvent) => void;
  onFocus: (event: FocusEvent) => void;
}

const MESSAGE = ".message[data-key]";

const messageOf = (target: EventTarget | null) =>
  target instanceof HTMLElement ? target.closest<HTMLElement>(MESSAGE) : null;

/** Moves the focus from message to message with j and k, or with arrows once a message has it. */
export function useMessageKeys(list: RefObject<HTMLElement>): MessageKeys {
  const { preferences } = useApp();
  const [current, setCurrent] = useState<string | null>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = stepOf(event, { letters: preferences.letters.peek(), inside: event.target !== list.current });
    if (step === 0 || list.current === null) return;
    const messages = [...list.current.querySelectorAll<HTMLElement>(MESSAGE)];
    const at = messages.indexOf(messageOf(event.target) as HTMLElement);
    const next = messages[at < 0 ? messages.length - 1 : at + step];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const onFocus = (event: FocusEvent) => {
    const id = messageOf(event.target)?.dataset.key;
    if (id !== undefined) setCurrent(id);
  };
  return { current, onKeyDown, onFocus };
}

function stepOf(event: KeyboardEvent, { letters, inside }: { letters: boolean; inside: boolean }): number {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return 0;
  if (inside && event.key === "ArrowDown") return 1;
  if (inside && event.key === "ArrowUp") return -1;
  if (!letters) return 0;
  return isKey(event, "j", "KeyJ") ? 1 : isKey(event, "k", "KeyK") ? -1 : 0;
}
