import { X } from "lucide-preact";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useApp, useText } from "../app/app.ts";
import { Composer } from "./composer.tsx";
import { roomPath, roomTitle } from "./paths.ts";
import { ThreadList } from "./thread_list.tsx";

interface ThreadProps {
  room: string;
  /** Id of the message that it begins with. */
  root: string;
}

/** A message and all that answers it, beside the room; what is written here answers it too. */
export function ThreadPane({ room, root }: ThreadProps) {
  const { hub } = useApp();
  const text = useText();
  const { route } = useLocation();
  const pane = useRef<HTMLElement>(null);
  const write = useCallback(() => pane.current?.querySelector("textarea")?.focus(), []);
  useEffect(write, [write]);
  const close = () => route(roomPath(room));
  // Rooms come after the page: the list of answers is made anew with them.
  const loaded = hub.chat.loaded.value;
  return (
    <aside
      ref={pane}
      class="thread"
      aria-label={text("chat.thread_in", { room: roomTitle(room) })}
      data-testid="thread"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        // In the room, Esc marks all as read.
        event.stopPropagation();
        close();
      }}
    >
      <header class="thread__header">
        <h2>{text("chat.thread")}</h2>
        <button
          type="button"
          class="button button--quiet button--icon"
          aria-label={text("app.close")}
          title={text("app.close")}
          data-testid="close-thread"
          onClick={close}
        >
          <X size={16} aria-hidden="true" />
        </button>
      </header>
      {loaded && <ThreadList room={room} root={root} onReply={write} />}
      <Composer room={room} replyTo={root} />
    </aside>
  );
}
