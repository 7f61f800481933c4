import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { useApp } from "../app/app.ts";
import { isTyping } from "../shell/shortcuts.ts";

const READ_MS = 1_000;

/** The id of the last message that is wholly in view. */
function lastInView(list: HTMLElement): string | undefined {
  // Behind a thread, on a narrow screen, nothing is in view.
  if (list.clientHeight === 0) return undefined;
  const bottom = list.getBoundingClientRect().bottom + 1;
  const messages = [...list.querySelectorAll<HTMLElement>("[data-testid=message]")];
  return messages.reverse().find((message) => message.getBoundingClientRect().bottom <= bottom)?.dataset.key;
}

/** Moves the room's read marker when messages were in view for a second in a tab that has the focus, or by Esc. */
export function useReading(room: string, list: RefObject<HTMLElement>): void {
  const { hub } = useApp();
  useEffect(() => {
    let before: string | undefined;
    const timer = setInterval(() => {
      const focused = document.visibilityState === "visible" && document.hasFocus();
      const now = focused && list.current !== null ? lastInView(list.current) : undefined;
      if (now !== undefined && now === before) hub.chat.markRead(room, now);
      before = now;
    }, READ_MS);
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !isTyping(event.target)) hub.chat.markRead(room);
    };
    addEventListener("keydown", onKey);
    return () => {
      clearInterval(timer);
      removeEventListener("keydown", onKey);
    };
  }, [hub, list, room]);
}
