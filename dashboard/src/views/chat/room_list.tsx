import { AtSign, Hash, Lock, Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import { MAX_UNREAD, type Room } from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { Dialog } from "../kit/dialog.tsx";
import { NewRoom } from "./new_room.tsx";
import { roomPath, roomTitle } from "./paths.ts";
import { oneLine } from "./quote.tsx";

/** All rooms, the one with the newest message first, each with its last message and its unread count. */
export function RoomList({ rooms, open }: { rooms: readonly Room[]; open: string | undefined }) {
  const text = useText();
  const [making, setMaking] = useState(false);
  const unlisted = open !== undefined && !rooms.some(({ id }) => id === open);
  return (
    <nav class="rooms" aria-label={text("chat.rooms")}>
      <header class="rooms__header">
        <h2>{text("chat.rooms")}</h2>
        <button
          type="button"
          class="button button--quiet button--icon"
          aria-label={text("chat.new_room")}
          title={text("chat.new_room")}
          data-testid="new-room"
          onClick={() => setMaking(true)}
        >
          <Plus size={16} aria-hidden="true" />
        </button>
      </header>
      {making && (
        <Dialog title={text("chat.new_room")} onClose={() => setMaking(false)}>
          <NewRoom onDone={() => setMaking(false)} />
        </Dialog>
      )}
      <ul class="rooms__list">
        {unlisted && (
          <li>
            <a class="rooms__room" href={roomPath(open)} aria-current="page" data-room={open}>
              <RoomName id={open} title="" />
            </a>
          </li>
        )}
        {rooms.map((room) => (
          <li key={room.id}>
            <RoomRow room={room} open={room.id === open} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function RoomRow({ room, open }: { room: Room; open: boolean }) {
  const { times, hub } = useApp();
  const text = useText();
  // The room is changed in place: it is followed here.
  void hub.chat.changed.value;
  const { id, facts, talk } = room;
  const last = talk.last;
  return (
    <a
      class={`rooms__room ${facts.archived ? "rooms__room--archived" : ""}`}
      href={roomPath(id)}
      aria-current={open ? "page" : undefined}
      data-room={id}
      data-unread={room.unread}
    >
      <span class="rooms__first">
        <RoomName id={id} title={facts.title} />
        {last !== undefined && (
          <time class="rooms__time" dateTime={new Date(last.time).toISOString()}>
            {shortTime(times.value, last.time, hub.time.now())}
          </time>
        )}
      </span>
      <span class="rooms__second">
        <span class="rooms__last" dir="auto">
          {facts.archived && `${text("chat.archived")} · `}
          {last !== undefined && `${last.author}: ${last.deleted === null ? oneLine(last) : text("chat.deleted")}`}
        </span>
        <Counts room={room} />
      </span>
    </a>
  );
}

function shortTime(
  times: { sameDay(a: number, b: number): boolean; minutes(t: number): string; day(t: number): string },
  time: number,
  now: number,
): string {
  return times.sameDay(time, now) ? times.minutes(time) : times.day(time);
}

function RoomName({ id, title }: { id: string; title: string }) {
  const text = useText();
  const name = title || roomTitle(id).replace(/^# /, "");
  return (
    <span class="rooms__name">
      {id.startsWith("~") ? (
        <Lock size={12} role="img" aria-label={text("chat.private")} />
      ) : (
        <Hash size={12} aria-hidden="true" />
      )}
      <span class="rooms__word">{name}</span>
    </span>
  );
}

function Counts({ room }: { room: Room }) {
  const { hub } = useApp();
  const text = useText();
  // The room is changed in place: it is followed here.
  void hub.chat.changed.value;
  const { unread, mentions } = room;
  if (unread === 0) return null;
  return (
    <span class="rooms__counts">
      {mentions > 0 && (
        <AtSign size={14} class="rooms__named" role="img" aria-label={text("chat.mentions", { n: mentions })} />
      )}
      <span class="badge">
        <span aria-hidden="true">{unread >= MAX_UNREAD ? `${MAX_UNREAD}+` : unread}</span>
        <span class="visually-hidden">{text("chat.unread", { n: unread })}</span>
      </span>
    </span>
  );
}
