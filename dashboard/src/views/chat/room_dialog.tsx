import { useApp, useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { HereNow } from "./here_now.tsx";
import { roomTitle } from "./paths.ts";
import { RoomAbout } from "./room_about.tsx";
import { RoomMembers } from "./room_members.tsx";

/** All about a room: what it is about, who is there, and of a private one its members. */
export function RoomDialog({ room: id, onClose }: { room: string; onClose: () => void }) {
  const { hub, session } = useApp();
  const text = useText();
  void hub.chat.changed.value;
  const room = hub.chat.rooms.room(id);
  const me = session.me.value;
  if (me === null) return null;
  const owns = me.role === "admin" || room?.facts.createdBy === me.user;
  const writes = me.role !== "viewer" && room?.facts.archived !== true;
  return (
    <Dialog title={roomTitle(id)} onClose={onClose}>
      <div class="chat-form">
        {room === undefined ? (
          <p>{text("chat.empty_room_new")}</p>
        ) : (
          <RoomAbout key={room.facts.version} room={room} writes={writes} owns={owns && me.role !== "viewer"} />
        )}
        <HereNow room={id} />
        {room?.facts.private && <RoomMembers room={room} writes={writes} owns={owns && writes} onLeft={onClose} />}
      </div>
    </Dialog>
  );
}
