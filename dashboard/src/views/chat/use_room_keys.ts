import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Room } from "../../state/index.ts";
import { useApp } from "../app/app.ts";
import { isKey, isTyping } from "../shell/shortcuts.ts";
import { roomPath } from "./paths.ts";

/** `n` goes to the next room with something unread; Alt+Shift and the arrows to the next and the one before. */
export function useRoomKeys(open: string | undefined): void {
  const { hub, preferences } = useApp();
  const { route } = useLocation();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const room = wantedRoom(event, hub.chat.rooms.rooms(), { open, letters: preferences.letters.peek() });
      if (room === undefined) return;
      event.preventDefault();
      route(roomPath(room.id));
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [hub, open, preferences, route]);
}

function wantedRoom(
  event: KeyboardEvent,
  rooms: readonly Room[],
  { open, letters }: { open: string | undefined; letters: boolean },
): Room | undefined {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (event.altKey && event.shiftKey && step !== 0 && rooms.length > 0) {
    const at = rooms.findIndex(({ id }) => id === open);
    return rooms[(at + step + rooms.length) % rooms.length];
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !letters) return undefined;
  if (isTyping(event.target) || !isKey(event, "n", "KeyN")) return undefined;
  return rooms.find(({ id, unread }) => unread > 0 && id !== open);
}
