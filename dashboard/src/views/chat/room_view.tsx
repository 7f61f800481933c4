import { useCallback, useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { type ChatMessage, rootOf } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Composer } from "./composer.tsx";
import { MessageList } from "./message_list.tsx";
import { roomTitle, threadPath } from "./paths.ts";
import { RoomHeader } from "./room_header.tsx";
import { TypingLine } from "./typing_line.tsx";
import { useHere } from "./use_here.ts";

/** One room: what it is, what is said in it, and the field to write in. */
export function RoomView({ room }: { room: string }) {
  const { hub } = useApp();
  const text = useText();
  const { route } = useLocation();
  const here = useHere(room);
  const ready = useUnreadReached(room);
  const onReply = useCallback(
    ({ id }: ChatMessage) => route(threadPath(room, rootOf(hub.chat.rooms.room(room)?.talk.messages ?? [], id))),
    [hub, room, route],
  );
  return (
    <section class="room" aria-label={roomTitle(room)}>
      <RoomHeader room={room} here={here} />
      {ready ? (
        <MessageList room={room} onReply={onReply} />
      ) : (
        <div class="messages skeleton" role="status" aria-label={text("app.loading")} />
      )}
      <TypingLine room={room} />
      <Composer room={room} />
    </section>
  );
}

/** Whether the first unread message is here, so that the room can open on it. */
function useUnreadReached(room: string): boolean {
  const { hub } = useApp();
  const loaded = hub.chat.loaded.value;
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (!loaded) return;
    let wanted = true;
    // Where the page does not come, the room opens on what is here.
    hub.chat
      .reachUnread(room)
      .catch(() => undefined)
      .then(() => wanted && setReady(true));
    return () => {
      wanted = false;
    };
  }, [hub, loaded, room]);
  return ready;
}
