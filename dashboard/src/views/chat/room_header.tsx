import { Lock, Settings2, Users } from "lucide-preact";
import { useState } from "preact/hooks";
import type { PresenceList } from "../../client/index.ts";
import { useApp, useText } from "../app/app.ts";
import { roomTitle } from "./paths.ts";
import { RoomDialog } from "./room_dialog.tsx";

const NAMED = 3;

/** What a room is called, what it is about, and who is in it now. */
export function RoomHeader({ room: id, here }: { room: string; here: PresenceList }) {
  const { hub } = useApp();
  const text = useText();
  void hub.chat.changed.value;
  const [open, setOpen] = useState(false);
  const room = hub.chat.rooms.room(id);
  const { title = "", topic = "", archived = false } = room?.facts ?? {};
  return (
    <header class="room__header">
      <a class="room__back" href="/chat">
        ‹ {text("chat.back")}
      </a>
      <div class="room__names">
        <h2 class="room__title">
          {id.startsWith("~") && <Lock size={14} role="img" aria-label={text("chat.private")} />}
          <span>{title || roomTitle(id)}</span>
          {title !== "" && <span class="room__name">{roomTitle(id)}</span>}
          {archived && <span class="room__archived">{text("chat.archived")}</span>}
        </h2>
        {topic !== "" && (
          <p class="room__topic" dir="auto" title={topic} data-testid="topic">
            {topic}
          </p>
        )}
      </div>
      <Here here={here} onOpen={() => setOpen(true)} />
      <button
        type="button"
        class="button button--quiet button--icon"
        aria-label={text("chat.about")}
        title={text("chat.about")}
        data-testid="about-room"
        onClick={() => setOpen(true)}
      >
        <Settings2 size={16} aria-hidden="true" />
      </button>
      {open && <RoomDialog room={id} onClose={() => setOpen(false)} />}
    </header>
  );
}

function Here({ here, onOpen }: { here: PresenceList; onOpen: () => void }) {
  const text = useText();
  const names = here.members.slice(0, NAMED).map(({ user }) => user);
  const more = here.total - names.length;
  if (names.length === 0) return null;
  return (
    <button
      type="button"
      class="button button--quiet here"
      data-testid="here"
      title={text("chat.here")}
      onClick={onOpen}
    >
      <Users size={16} aria-hidden="true" />
      <span class="here__names">
        {names.join(", ")}
        {more > 0 && ` +${more}`}
      </span>
      <span class="here__count">{here.total}</span>
      <span class="visually-hidden">{text("chat.here")}</span>
    </button>
  );
}
