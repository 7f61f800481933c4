import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useApp } from "../app/app.ts";
import { isKey, isTyping } from "../shell/shortcuts.ts";
import { roomPath } from "./paths.ts";

/** `n` goes to the next room with something unread; Alt+Shift and the arrows to the next and the one before. */
export function useRoomKeys(open: string | undefined): void {
  const { hub, preferences } = useApp();
  const { route } = useLocation();
  useEffect(() => {
    const go = (id: string | undefined) => id !== undefined && route(roomPath(id));
    const onKey = (event: KeyboardEvent) => {
      const rooms = hub.rooms.rooms();
      const at = rooms.findIndex(({ id }) => id === open);
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (event.altKey && event.shiftKey && step !== 0) {
        event.preventDefault();
        go(rooms.at((at + step) % Math.max(1, rooms.length))?.id);
        return;
      }
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
      if (plain && isKey(event, "n", "KeyN") && preferences.letters.peek())
        go(rooms.find(({ id, unread }) => unread > 0 && id !== open)?.id);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [hub, open, preferences, route]);
}
