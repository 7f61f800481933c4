import { Plus } from "lucide-preact";
import { useId, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Room } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { isRoomName } from "./limits.ts";
import { roomPath } from "./paths.ts";

/** All rooms, the one with the newest message first, each with its unread count. */
export function RoomList({ rooms, open }: { rooms: readonly Room[]; open: string | undefined }) {
  const text = useText();
  const [naming, setNaming] = useState(false);
  const listed =
    open !== undefined && !rooms.some(({ id }) => id === open) ? [{ id: open, unread: 0 }, ...rooms] : rooms;
  return (
    <nav class="rooms" aria-label={text("chat.rooms")}>
      <header class="rooms__header">
        <h2>{text("chat.rooms")}</h2>
        <button
          type="button"
          class="button button--quiet button--icon"
          aria-expanded={naming}
          aria-label={text("chat.new_room")}
          title={text("chat.new_room")}
          data-testid="new-room"
          onClick={() => setNaming(!naming)}
        >
          <Plus size={16} aria-hidden="true" />
        </button>
      </header>
      {naming && <NewRoom onDone={() => setNaming(false)} />}
      <ul class="rooms__list">
        {listed.map(({ id, unread }) => (
          <li key={id}>
            <a class="rooms__room" href={roomPath(id)} aria-current={id === open ? "page" : undefined} data-room={id}>
              <span class="rooms__name"># {id}</span>
              {unread > 0 && (
                <span class="badge">
                  <span aria-hidden="true">{unread}</span>
                  <span class="visually-hidden">{text("chat.unread", { n: unread })}</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Names a room; it comes to be with its first message. */
export function NewRoom({ onDone }: { onDone?: () => void }) {
  const { session } = useApp();
  const text = useText();
  const id = useId();
  const { route } = useLocation();
  const [name, setName] = useState("");
  if (session.me.value?.role === "viewer") {
    return <p class="rooms__hint">{text("error.permission", { role: text("role.operator") })}</p>;
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const room = name.trim().replace(/^#\s*/, "");
    if (!isRoomName(room)) return;
    onDone?.();
    route(roomPath(room));
  };
  return (
    <form class="rooms__new" onSubmit={submit}>
      <div class="field">
        <label for={id}>{text("chat.room_name")}</label>
        <div class="rooms__name-row">
          <input
            id={id}
            class="input"
            value={name}
            maxLength={80}
            data-testid="room-name"
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="button" aria-disabled={name.trim() === ""}>
            {text("chat.open_room")}
          </button>
        </div>
        <span class="field__hint">{text("chat.new_room_hint")}</span>
      </div>
    </form>
  );
}
