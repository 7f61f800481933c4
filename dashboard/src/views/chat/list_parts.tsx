import { useApp, useText } from "../app/app.ts";
import { roomTitle } from "./paths.ts";

interface TopProps {
  room: string;
  empty: boolean;
  failed: boolean;
  onRetry: () => void;
}

/** What stands above the oldest message that is here: that it is the first, or that older ones come. */
export function ListTop({ room: id, empty, failed, onRetry }: TopProps) {
  const { hub } = useApp();
  const text = useText();
  // The room is changed in place: it is followed here.
  void hub.chat.changed.value;
  const room = hub.chat.rooms.room(id);
  if (failed) {
    return (
      <p class="messages__top" role="status">
        {text("chat.older_failed")}
        <button type="button" class="button button--link" onClick={onRetry}>
          {text("chat.retry")}
        </button>
      </p>
    );
  }
  if (empty) {
    if (!hub.chat.loaded.value) return null;
    return <p class="messages__empty">{text(room === undefined ? "chat.empty_room_new" : "chat.empty_room")}</p>;
  }
  if (room === undefined) return null;
  return (
    <p class="messages__top">
      {room.talk.complete ? text("chat.beginning", { room: roomTitle(id) }) : text("chat.older_loading")}
    </p>
  );
}

export function Divider({ words, isNew = false }: { words: string; isNew?: boolean }) {
  return (
    <p
      class={`messages__divider ${isNew ? "messages__divider--new" : ""}`}
      data-testid={isNew ? "new-line" : undefined}
    >
      <span>{words}</span>
    </p>
  );
}

const DAY_MS = 86_400_000;

/** The day of a message as people say it. */
export function dayWords(
  text: ReturnType<typeof useText>,
  times: { sameDay(a: number, b: number): boolean; day(time: number): string },
  time: number,
): string {
  const now = Date.now();
  if (times.sameDay(time, now)) return text("chat.today");
  return times.sameDay(time + DAY_MS, now) ? text("chat.yesterday") : times.day(time);
}
