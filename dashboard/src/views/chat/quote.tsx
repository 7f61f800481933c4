import { Reply } from "lucide-preact";
import type { ChatMessage } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { plainOf } from "./markdown.ts";

/** What a message answers, in one line; it leads there. */
export function Quote({ room, id, onOpen }: { room: string; id: string; onOpen: (id: string) => void }) {
  const { hub } = useApp();
  const text = useText();
  // The room is changed in place: it is followed here.
  void hub.chat.changed.value;
  const quoted = hub.chat.rooms.room(room)?.talk.get(id);
  return (
    <button type="button" class="quote" data-testid="quote" title={text("chat.jump_to")} onClick={() => onOpen(id)}>
      <Reply size={14} aria-hidden="true" />
      {quoted === undefined ? (
        <span>{text("chat.older_message")}</span>
      ) : (
        <>
          <strong>{quoted.author}</strong>
          <span class="quote__text" dir="auto">
            {oneLine(quoted) || text("chat.deleted")}
          </span>
        </>
      )}
    </button>
  );
}

const MAX_QUOTED_CHARS = 160;

/** The begin of a message in one line, as it reads. */
export function oneLine({ text }: Pick<ChatMessage, "text">): string {
  const line = plainOf(text).replace(/\s+/g, " ").trim();
  return line.length > MAX_QUOTED_CHARS ? `${line.slice(0, MAX_QUOTED_CHARS)}…` : line;
}
