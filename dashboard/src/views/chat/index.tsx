import { MessagesSquare } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useApp, useText, useTitle } from "../app/app.ts";
import { EmptyState } from "../kit/empty_state.tsx";
import { NewRoom } from "./new_room.tsx";
import { roomPath, roomTitle } from "./paths.ts";
import { RoomList } from "./room_list.tsx";
import { RoomView } from "./room_view.tsx";
import { ThreadPane } from "./thread_pane.tsx";
import { useRoomKeys } from "./use_room_keys.ts";
import "./share.css";
import "./chat.css";
import "./rooms.css";
import "./room.css";
import "./messages.css";
import "./message.css";
import "./quote.css";
import "./editor.css";
import "./composer.css";
import "./thread.css";

/** Chat: rooms, the messages of one, and a field to write in. */
export default function ChatPage({ room }: { room?: string }) {
  const { hub } = useApp();
  const text = useText();
  const { route, query } = useLocation();
  const thread = room === undefined ? undefined : query.thread;
  void hub.chat.changed.value;
  const rooms = hub.chat.rooms.rooms();
  useTitle(room === undefined ? text("page.chat") : roomTitle(room));
  useRoomKeys(room);
  const wide = useWide();
  const [newest] = rooms;
  useEffect(() => {
    // Where there is room for both, a page with only a list of rooms wastes it.
    if (room === undefined && wide && newest !== undefined) route(roomPath(newest.id), true);
  }, [room, wide, newest, route]);
  return (
    <div class="chat" data-room={room} data-thread={thread}>
      <RoomList rooms={rooms} open={room} />
      {room === undefined ? <NoRoom empty={rooms.length === 0} /> : <RoomView key={room} room={room} />}
      {room !== undefined && thread !== undefined && <ThreadPane key={`${room} ${thread}`} room={room} root={thread} />}
    </div>
  );
}

function useWide(): boolean {
  return matchMedia("(min-width: 640px)").matches;
}

function NoRoom({ empty }: { empty: boolean }) {
  const { hub } = useApp();
  const text = useText();
  if (!empty || !hub.chat.loaded.value) return <div class="chat__none" />;
  return (
    <div class="chat__none">
      <EmptyState icon={MessagesSquare} title={text("chat.no_rooms")}>
        <p>{text("chat.no_rooms_why")}</p>
        <NewRoom />
      </EmptyState>
    </div>
  );
}
